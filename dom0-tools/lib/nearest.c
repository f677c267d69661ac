/* SPDX-License-Identifier: MIT */
/* "Did you mean": the known word with the fewest edits (insert, delete, replace, swap) to another. */
#include <string.h>

#include "domcfg.h"

#define MAX_WORD 48

static unsigned int min3(unsigned int a, unsigned int b, unsigned int c)
{
	unsigned int m = a < b ? a : b;

	return m < c ? m : c;
}

static unsigned int distance(const char *a, const char *b)
{
	unsigned int d[MAX_WORD + 1][MAX_WORD + 1];
	size_t la = strlen(a), lb = strlen(b), i, j;

	if (la > MAX_WORD || lb > MAX_WORD)
		return MAX_WORD;
	for (i = 0; i <= la; i++)
		d[i][0] = (unsigned int)i;
	for (j = 0; j <= lb; j++)
		d[0][j] = (unsigned int)j;
	for (i = 1; i <= la; i++) {
		for (j = 1; j <= lb; j++) {
			d[i][j] = min3(d[i - 1][j] + 1, d[i][j - 1] + 1,
				       d[i - 1][j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    d[i - 2][j - 2] + 1 < d[i][j])
				d[i][j] = d[i - 2][j - 2] + 1;
		}
	}
	return d[la][lb];
}

const char *nearest_word(const char *word, const char *(*next)(void *ctx, unsigned int i), void *ctx)
{
	/* About one letter in three may be wrong, but not half of a short word. */
	unsigned int best = ((unsigned int)strlen(word) + 2) / 3, i;
	const char *found = NULL, *cand;

	for (i = 0; (cand = next(ctx, i)); i++) {
		unsigned int d = distance(word, cand);

		if (d < best || (d == best && !found)) {
			best = d;
			found = cand;
		}
	}
	return found;
}
