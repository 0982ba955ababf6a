/* The heap of the engine; see heap.c. */
#ifndef LAPIDARY_HEAP_H
#define LAPIDARY_HEAP_H

#include <stdbool.h>
#include <stddef.h>

/* Room for `wanted` bytes, aligned to 8, or NULL. */
void *heap_alloc(size_t wanted);
/* The same, filled with zeros. */
void *heap_alloc_zeroed(size_t count, size_t each);
/* The same content in a block with room for `wanted` bytes, or NULL, which leaves it as it is. */
void *heap_realloc(void *content, size_t wanted);
void heap_free(void *content);
/* How many bytes a block has room for; at least as many as were asked for. */
size_t heap_room(const void *content);
/* Ends the part of the heap that belongs to the snapshot. */
void heap_seal(void);

#endif
