/* SPDX-License-Identifier: MIT */
/*
 * Foreign text on our terminal: whatever a domain printed, what `pvctl explain` shows of it holds no control
 * character but newline and tab, and all of the text is there. Provoked with each byte, with escape sequences in
 * 7 and 8 bits, and with UTF-8 that is right, cut short, overlong, or itself a control character.
 *
 * LINK: dom0-tools/lib/strbuf.c
 */
#include "tap.h"
#include "dom0-tools/lib/strbuf.h"

static void shows(const char *data, size_t len, const char *wanted)
{
	struct strbuf b = STRBUF_INIT;

	strbuf_add_visible(&b, data, len);
	EXPECT_STR(b.s ? b.s : "", wanted);
	strbuf_free(&b);
}
#define SHOWS(text, wanted) shows(text, sizeof(text) - 1, wanted)

TEST(text_stays_as_it_is)
{
	SHOWS("", "");
	SHOWS("one\ttwo\n", "one\ttwo\n");
	SHOWS("gr\xc3\xbc\xc3\x9f\x65 \xe2\x82\xac \xf0\x9f\x90\xa6", "gr\xc3\xbc\xc3\x9f\x65 \xe2\x82\xac \xf0\x9f\x90\xa6");
	SHOWS("line\r\nline\r\r\n", "line\nline\n");
}

TEST(control_characters_are_spelt)
{
	SHOWS("\033]0;title\a\033[2J", "^[]0;title^G^[[2J");
	SHOWS("a\rb\r", "a^Mb^M");
	SHOWS("x\0y\177", "x^@y^?");
	SHOWS("\x9b" "2J", "\\x9b" "2J");
}

TEST(utf8_hides_nothing)
{
	SHOWS("\xc2\x9b" "2J", "\\xc2\\x9b" "2J");		/* U+009B */
	SHOWS("\xc0\x9b", "\\xc0\\x9b");			/* overlong */
	SHOWS("\xe0\x82\x9b", "\\xe0\\x82\\x9b");
	SHOWS("\xed\xa0\x80", "\\xed\\xa0\\x80");		/* a surrogate */
	SHOWS("\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80");	/* beyond U+10FFFF */
	SHOWS("\xe2\x82", "\\xe2\\x82");			/* cut short */
	SHOWS("\xe2\x82\033", "\\xe2\\x82^[");
}

TEST(no_byte_gets_through)
{
	unsigned int bad = 0;

	for (unsigned int i = 0; i < 256 * 256; i++) {
		const char in[2] = { (char)(i >> 8), (char)i };
		struct strbuf b = STRBUF_INIT;

		strbuf_add_visible(&b, in, 2);
		for (size_t k = 0; k < b.len; k++)
			bad += ((unsigned char)b.s[k] < ' ' && b.s[k] != '\n' && b.s[k] != '\t') || b.s[k] == 0x7f;
		bad += b.len == 0;
		strbuf_free(&b);
	}
	EXPECT_EQ(bad, 0);
}

TAP_MAIN
