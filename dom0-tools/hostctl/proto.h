/* SPDX-License-Identifier: MIT */
/*
 * proto.h: what ./pvctl on the host and hostd in the control domain say to each other over one serial port.
 *
 * Both directions carry frames: a type byte, a 32-bit little-endian length, that many bytes. A port serves one
 * command at a time:
 *
 *	host                        control domain
 *	HELLO nonce            ->
 *	                       <-   HELLO nonce          everything before it belongs to an earlier command
 *	FILE, FILE_DATA ...    ->                        the files that the arguments name, one after another
 *	START                  ->
 *	STDIN, WINCH, SIGNAL   ->
 *	                       <-   STDOUT, STDERR, STDIN_ACK
 *	                       <-   FILE_DATA of the file that an argument asked to write, if the command succeeded
 *	                       <-   EXIT status, or ERROR text when nothing could be started
 *
 * The host sends at most STDIN_WINDOW bytes of standard input that are not acknowledged yet; hostd can
 * therefore always read its port, and a SIGNAL never queues behind input that the command does not read.
 * A HELLO at any time ends the command that runs: its sender is gone.
 */
#ifndef DOM0_TOOLS_HOSTCTL_PROTO_H
#define DOM0_TOOLS_HOSTCTL_PROTO_H

#include <stdint.h>
#include <string.h>

#define PROTO_PORTS      8
#define FRAME_HEADER     5
#define FRAME_MAX        65536u /* longest payload */
#define FRAME_CHUNK      8192u  /* how much of a stream goes into one frame */
#define HELLO_NONCE      8u
#define STDIN_WINDOW     16384u
#define FILE_LIMIT       (4u << 20)
#define PROTO_FILES      8

enum frame_type {
	FRAME_HELLO = 1,     /* nonce */
	FRAME_START = 2,     /* items */
	FRAME_FILE = 3,      /* name: the next file begins */
	FRAME_FILE_DATA = 4, /* bytes of the current file */
	FRAME_STDIN = 5,     /* bytes; empty at end of file */
	FRAME_STDOUT = 6,
	FRAME_STDERR = 7,
	FRAME_EXIT = 8,      /* u32 status, as a shell would see it */
	FRAME_WINCH = 9,     /* u16 rows, u16 columns */
	FRAME_SIGNAL = 10,   /* u32 signal, in Linux numbers */
	FRAME_ERROR = 11,    /* text */
	FRAME_STDIN_ACK = 12 /* u32 bytes taken by the command */
};

/* START's items: a tag byte, a 32-bit length, that many bytes. */
enum item_tag {
	ITEM_ARG = 1,      /* an argument */
	ITEM_ARG_FILE = 2, /* an argument that is the path of a file sent before: u32 number, text before it */
	ITEM_CWD = 3,
	ITEM_ENV = 4,      /* NAME=value */
	ITEM_TTY = 5,      /* u16 rows, u16 columns, u8 flags */
	ITEM_ARG_OUT = 6   /* an argument that is a file to be written: its name on the host */
};

#define TTY_STDIN_OPEN 1u /* standard input will be sent; otherwise it is empty */
#define TTY_WANTED     2u /* give the command a terminal, if the kernel has any */

static inline void put_u16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
}

static inline void put_u32(uint8_t *p, uint32_t v)
{
	put_u16(p, (uint16_t)v);
	put_u16(p + 2, (uint16_t)(v >> 16));
}

static inline uint16_t get_u16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t get_u32(const uint8_t *p)
{
	return get_u16(p) | (uint32_t)get_u16(p + 2) << 16;
}

static inline void frame_header(uint8_t *p, enum frame_type type, uint32_t len)
{
	p[0] = (uint8_t)type;
	put_u32(p + 1, len);
}

#endif /* DOM0_TOOLS_HOSTCTL_PROTO_H */
