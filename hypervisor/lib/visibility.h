/* SPDX-License-Identifier: MIT
 *
 * Included in front of every file by the build: all symbols are within reach of a RIP-relative
 * address, so none goes through a global offset table.
 */
#pragma GCC visibility push(hidden)
