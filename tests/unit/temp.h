/* tests/unit/temp.h - files that are there for one test. */
#ifndef TESTS_UNIT_TEMP_H
#define TESTS_UNIT_TEMP_H

#include "tests/unit/unit.h"

#include <stdlib.h>

enum { TEMP_PATH = 256 };

/** temp_file - a new one, in TMPDIR if there is that; Return: open for writing. */
static inline FILE *temp_file(char path[TEMP_PATH])
{
	const char *dir = getenv("TMPDIR");
	FILE *f;
	int fd;

	snprintf(path, TEMP_PATH, "%s/selvage-test-XXXXXX", dir ? dir : "/tmp");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	f = fdopen(fd, "w");
	assert_non_null(f);
	return f;
}

#endif
