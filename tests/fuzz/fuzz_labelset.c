/*
 * Values of the label set attribute. First byte: the domain that is ours, 0 for any.
 * What is read can be written to the same octets, gone over, printed, and parsed to the
 * same set; what is refused stays so in any other form.
 */
#include <string.h>

#include "lib/rbuf.h"
#include "lib/wbuf.h"
#include "tests/fuzz/fuzz.h"
#include "wire/labelset.h"

static void forms(struct bytes value, struct bytes labels)
{
	uint8_t out[LABELSET_HEAD + LABELS_LEN];
	struct wbuf w = wbuf_of(out, sizeof(out));
	struct bytes rest = labels, key, text_value;
	char text[LABELS_STR];
	struct labels again;
	unsigned n = 0;

	must(!labelset_encode(&w, labelset_domain(value), labels));
	must(bytes_eq((struct bytes) { out, w.len }, value));
	for (; labels_next(&rest, &key, &text_value); n++) {
		must(key.len && key.len <= LABEL_KEY_LEN);
		must(text_value.len <= LABEL_VALUE_LEN);
	}
	must(n && n <= LABELS_MAX);
	must(strlen(labels_format(labels, text, sizeof(text))) == labels.len);
	must(!labels_parse(text, &again) && bytes_eq(labels_bytes(&again), labels));
}

/* Local input of any octets gives a canonical set or none. */
static void input(struct bytes value)
{
	char text[2 * LABELS_LEN];
	struct labels l;

	if (value.len >= sizeof(text))
		return;
	if (value.len)
		memcpy(text, value.p, value.len);
	text[value.len] = '\0';
	if (!labels_parse(text, &l))
		must(!labels_check(labels_bytes(&l)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rbuf r = rbuf_of(data, size);
	uint32_t domain = rbuf_u8(&r);
	struct bytes value = { r.p, rbuf_left(&r) }, labels;

	if (labelset_decode(value, domain, &labels) == LABELSET_OK) {
		must(!domain || labelset_domain(value) == domain);
		forms(value, labels);
	}
	input(value);
	return 0;
}
