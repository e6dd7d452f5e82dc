/*
 * Feeds files to a fuzz target without a fuzzer, so that any compiler and every
 * check replays the corpus. Arguments: files or directories; default: the corpus
 * that the build names.
 */
#include <dirent.h>
#include <sys/stat.h>

#include "tests/fuzz/fuzz.h"

enum { INPUT_MAX = 1 << 20 };

static unsigned long replayed;

static int one_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	uint8_t *all, *exact;

	if (!f) {
		perror(path);
		return 1;
	}
	all = malloc(INPUT_MAX);
	size_t n = all ? fread(all, 1, INPUT_MAX, f) : 0;

	fclose(f);
	/* Memory of exactly this size, so that a sanitizer sees an over-read. */
	exact = malloc(n ? n : 1);
	for (size_t i = 0; exact && i < n; i++)
		exact[i] = all[i];
	free(all);
	if (exact)
		LLVMFuzzerTestOneInput(exact, n);
	free(exact);
	replayed++;
	return 0;
}

static int one_path(const char *path)
{
	struct stat st;
	struct dirent *e;
	int failed = 0;

	if (stat(path, &st) || !S_ISDIR(st.st_mode))
		return one_file(path);

	DIR *d = opendir(path);

	while (d && (e = readdir(d))) {
		char name[1024];

		if (e->d_name[0] == '.')
			continue;
		snprintf(name, sizeof(name), "%s/%s", path, e->d_name);
		failed |= one_file(name);
	}
	if (d)
		closedir(d);
	return failed;
}

int main(int argc, char **argv)
{
	int failed = 0;

	if (argc < 2)
		failed = one_path(CORPUS_DIR);
	for (int i = 1; i < argc; i++)
		failed |= one_path(argv[i]);
	printf("%lu inputs replayed\n", replayed);
	return failed || !replayed;
}
