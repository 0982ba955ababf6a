/* The heap of the engine: what QuickJS and the shim allocate.
 *
 * The C library's allocator rounds every size up to a power of two. This one rounds up to 8 bytes:
 *
 *   - A block is a header of 4 bytes and its content, which is aligned to 8. The header holds the
 *     block's size and two flags: whether it is free, and whether the one before is. A free block
 *     keeps its size in its last 4 bytes too, so that its neighbours find its start.
 *   - Neighbours never stay free both: freeing joins them.
 *   - Free blocks are kept in lists by size, eight for every power of two, and a bit tells whether
 *     a list has any. All of that is in `heap`, so that it lies in one page or two.
 *   - Behind the last block is the rest ("top"), in no list; it grows with the wasm memory. Others
 *     grow that too (the C library, and regions in src/sandbox/modules), so what comes new does not
 *     always follow the old rest, which then becomes a free block like any other.
 *
 * All sandboxes start from one snapshot whose pages they share until they write to them. So
 * `heap_seal`, before the snapshot is taken, ends the part that is there by then: its holes are
 * never filled, and what is freed of it is only forgotten. New blocks lie side by side behind it.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "heap.h"

#define HEAP_WASM_PAGE 65536u
/* What the operating system copies when a sandbox first writes to it, bytes. */
#define HEAP_HOST_PAGE 4096u
#define HEAP_HEADER 4u
#define HEAP_LEAST 16u
#define HEAP_MOST 0x80000000u
#define HEAP_FREE 1u
#define HEAP_BEFORE_FREE 2u
#define HEAP_FLAGS 7u
/* Blocks of these sizes, up to an eighth larger than asked for, let QuickJS append to a string in
 * place now and then. */
#define HEAP_ROOMY 512u
#define HEAP_EXACT 16384u
/* Sizes below have a list each; above are eight lists for every power of two. */
#define HEAP_FINE 128u
#define HEAP_LISTS (HEAP_FINE / 8 + 25 * 8)
/* Wasm pages asked for at once. */
#define HEAP_STEP 4u
/* The host ends a guest that is refused 256 KiB or less, and only tells one that asks for more. A
 * large request must fail and not end the guest, so it never asks for fewer wasm pages than this. */
#define HEAP_CATCHABLE 5u
/* From here on a block is large: it leaves a reserve, with which the guest can go on when it got
 * no other large one. Bytes. */
#define HEAP_LARGE (64u << 10)
#define HEAP_RESERVE (384u << 10)
/* Of a list whose blocks may be too small, so many are looked at before larger ones are split. */
#define HEAP_TRIES 8
/* Left in a snapshot for what comes, so that most sandboxes need not ask for memory: wasm pages. */
#define HEAP_SPARE 8u

typedef struct HeapBlock {
    uint32_t head;
    /* From here on content, or for a free block its list. */
    struct HeapBlock *next, *previous;
} HeapBlock;

static struct {
    /* The rest: from `top` to `end`, where 4 bytes are left for a last header. */
    uint32_t top, end;
    /* From here on the rest has never been written to, and so is zero. */
    uint32_t clean;
    /* Below are the snapshot's blocks. */
    uint32_t sealed;
    uint32_t some[(HEAP_LISTS + 31) / 32];
    HeapBlock *lists[HEAP_LISTS];
} heap;

static inline uint32_t heap_size(const HeapBlock *block)
{
    return block->head & ~HEAP_FLAGS;
}

static inline HeapBlock *heap_at(uint32_t address)
{
    return (HeapBlock *)(uintptr_t)address;
}

static inline uint32_t heap_address(const HeapBlock *block)
{
    return (uint32_t)(uintptr_t)block;
}

static inline HeapBlock *heap_after(const HeapBlock *block)
{
    return heap_at(heap_address(block) + heap_size(block));
}

static inline HeapBlock *heap_block_of(const void *content)
{
    return heap_at((uint32_t)(uintptr_t)content - HEAP_HEADER);
}

static inline void *heap_content(const HeapBlock *block)
{
    return (void *)(uintptr_t)(heap_address(block) + HEAP_HEADER);
}

/* The size of a block for so much content, or 0 if there is none. */
static inline uint32_t heap_size_for(size_t wanted)
{
    if (wanted > HEAP_MOST)
        return 0;
    uint32_t size = ((uint32_t)wanted + HEAP_HEADER + 7) & ~7u;
    if (size < HEAP_LEAST)
        return HEAP_LEAST;
    if (size >= HEAP_ROOMY && size < HEAP_EXACT) {
        uint32_t step = 1u << (31 - __builtin_clz(size) - 3);
        size = (size + step - 1) & ~(step - 1);
    }
    return size;
}

/* The list for free blocks of this size. */
static inline uint32_t heap_list(uint32_t size)
{
    if (size < HEAP_FINE)
        return size / 8;
    uint32_t power = 31 - __builtin_clz(size);
    return HEAP_FINE / 8 + (power - 7) * 8 + (size >> (power - 3) & 7);
}

static void heap_link(HeapBlock *block)
{
    uint32_t list = heap_list(heap_size(block));
    block->previous = NULL;
    block->next = heap.lists[list];
    if (block->next)
        block->next->previous = block;
    heap.lists[list] = block;
    heap.some[list / 32] |= 1u << list % 32;
}

static void heap_unlink(HeapBlock *block)
{
    uint32_t list = heap_list(heap_size(block));
    if (block->next)
        block->next->previous = block->previous;
    if (block->previous) {
        block->previous->next = block->next;
    } else {
        heap.lists[list] = block->next;
        if (!block->next)
            heap.some[list / 32] &= ~(1u << list % 32);
    }
}

/* Makes a free block, which is not beside another one nor before the rest. */
static void heap_put(HeapBlock *block, uint32_t size)
{
    HeapBlock *after = heap_at(heap_address(block) + size);
    block->head = size | HEAP_FREE;
    *(uint32_t *)(uintptr_t)(heap_address(after) - 4) = size;
    after->head |= HEAP_BEFORE_FREE;
    heap_link(block);
}

/* The first list from `list` on that has a block, or HEAP_LISTS. */
static uint32_t heap_some_list(uint32_t list)
{
    uint32_t word = list / 32;
    if (list >= HEAP_LISTS)
        return HEAP_LISTS;
    uint32_t bits = heap.some[word] & ~0u << list % 32;
    while (!bits) {
        if (++word == (HEAP_LISTS + 31) / 32)
            return HEAP_LISTS;
        bits = heap.some[word];
    }
    return word * 32 + __builtin_ctz(bits);
}

/* A free block of at least this size, or NULL. Looks at so many that may be too small. */
static HeapBlock *heap_find(uint32_t size, uint32_t tries)
{
    uint32_t list = heap_list(size);
    HeapBlock *block;
    for (block = heap.lists[list]; block && tries; block = block->next, tries--) {
        if (heap_size(block) >= size)
            return block;
    }
    list = heap_some_list(list + 1);
    return list < HEAP_LISTS ? heap.lists[list] : NULL;
}

/* Takes a free block, gives back what is more than `size` of it, and answers with its content. */
static void *heap_take(HeapBlock *block, uint32_t size)
{
    uint32_t whole = heap_size(block);
    heap_unlink(block);
    if (whole - size >= HEAP_LEAST) {
        block->head = size;
        heap_put(heap_after(block), whole - size);
    } else {
        block->head = whole;
        heap_after(block)->head &= ~HEAP_BEFORE_FREE;
    }
    return heap_content(block);
}

/* Ends the rest: what is left of it becomes a free block, before a header that stands for the
 * end. */
static void heap_end_rest(void)
{
    uint32_t left = heap.end - heap.top;
    HeapBlock *block = heap_at(heap.top);
    if (heap.end == 0)
        return;
    heap_at(heap.end)->head = 0;
    if (left >= HEAP_LEAST)
        heap_put(block, left);
    else if (left > 0)
        block->head = left;
}

/* Whether new memory follows the rest. */
static bool heap_rest_can_grow(void)
{
    return heap.end + HEAP_HEADER == __builtin_wasm_memory_size(0) * HEAP_WASM_PAGE;
}

/* Makes the rest at least so large. */
static bool heap_grow(uint32_t size)
{
    bool follows = heap_rest_can_grow();
    uint32_t missing = follows ? size - (heap.end - heap.top) : size + 2 * HEAP_HEADER;
    uint32_t pages = (missing + HEAP_WASM_PAGE - 1) / HEAP_WASM_PAGE;
    uint32_t least = size >= HEAP_RESERVE ? HEAP_CATCHABLE : HEAP_STEP;
    if (pages < least)
        pages = least;
    uint32_t old = __builtin_wasm_memory_grow(0, pages);
    if (old == UINT32_MAX)
        return false;
    uint32_t start = old * HEAP_WASM_PAGE;
    if (!follows) {
        heap_end_rest();
        heap.top = start + HEAP_HEADER;
        heap.clean = heap.top;
    }
    heap.end = start + pages * HEAP_WASM_PAGE - HEAP_HEADER;
    return true;
}

/* A block from the start of the rest, or NULL, and from which address on its content is zero. */
static void *heap_take_rest(uint32_t size, uint32_t *clean)
{
    uint32_t wanted = size < HEAP_LARGE ? size : size + HEAP_RESERVE;
    if (heap.end - heap.top < wanted && !heap_grow(wanted))
        return NULL;
    HeapBlock *block = heap_at(heap.top);
    *clean = heap.clean;
    heap.top += size;
    if (heap.clean < heap.top)
        heap.clean = heap.top;
    block->head = size;
    return heap_content(block);
}

static void *heap_get(size_t wanted, uint32_t *clean)
{
    uint32_t size = heap_size_for(wanted);
    *clean = UINT32_MAX;
    if (size == 0)
        return NULL;
    HeapBlock *block = heap_find(size, HEAP_TRIES);
    if (block)
        return heap_take(block, size);
    void *content = heap_take_rest(size, clean);
    if (!content && (block = heap_find(size, UINT32_MAX)))
        content = heap_take(block, size);
    return content;
}

void *heap_alloc(size_t wanted)
{
    uint32_t clean;
    return heap_get(wanted, &clean);
}

void *heap_alloc_zeroed(size_t count, size_t each)
{
    size_t wanted;
    uint32_t clean;
    if (__builtin_mul_overflow(count, each, &wanted))
        return NULL;
    void *content = heap_get(wanted, &clean);
    uint32_t start = (uint32_t)(uintptr_t)content;
    if (content && clean > start)
        memset(content, 0, clean - start < wanted ? clean - start : wanted);
    return content;
}

void heap_free(void *content)
{
    HeapBlock *block = heap_block_of(content);
    if (!content || heap_address(block) < heap.sealed)
        return;
    uint32_t size = heap_size(block);
    HeapBlock *after = heap_after(block);
    if (block->head & HEAP_BEFORE_FREE) {
        uint32_t before = *(uint32_t *)(uintptr_t)(heap_address(block) - 4);
        block = heap_at(heap_address(block) - before);
        heap_unlink(block);
        size += before;
    }
    if (heap_address(after) == heap.top) {
        heap.top = heap_address(block);
        return;
    }
    if (after->head & HEAP_FREE) {
        heap_unlink(after);
        size += heap_size(after);
    }
    heap_put(block, size);
}

/* Gives back what a block has more than `size`. */
static void heap_shrink(HeapBlock *block, uint32_t size)
{
    uint32_t whole = heap_size(block);
    if (whole - size < HEAP_LEAST)
        return;
    block->head = size | (block->head & HEAP_BEFORE_FREE);
    HeapBlock *tail = heap_after(block);
    tail->head = whole - size;
    heap_free(heap_content(tail));
}

/* Makes a block larger without moving it, if what follows is free. */
static bool heap_stretch(HeapBlock *block, uint32_t size)
{
    uint32_t whole = heap_size(block), flags = block->head & HEAP_BEFORE_FREE;
    HeapBlock *after = heap_after(block);
    if (heap_address(after) == heap.top) {
        uint32_t wanted = size - whole + (size < HEAP_LARGE ? 0 : HEAP_RESERVE);
        if (heap.end - heap.top < wanted && !(heap_rest_can_grow() && heap_grow(wanted)))
            return false;
        heap.top += size - whole;
        if (heap.clean < heap.top)
            heap.clean = heap.top;
        block->head = size | flags;
        return true;
    }
    if (!(after->head & HEAP_FREE) || whole + heap_size(after) < size)
        return false;
    whole += heap_size(after);
    heap_unlink(after);
    block->head = whole | flags;
    heap_after(block)->head &= ~HEAP_BEFORE_FREE;
    heap_shrink(block, size);
    return true;
}

void *heap_realloc(void *content, size_t wanted)
{
    uint32_t size = heap_size_for(wanted);
    if (!content)
        return heap_alloc(wanted);
    if (size == 0)
        return NULL;
    HeapBlock *block = heap_block_of(content);
    bool sealed = heap_address(block) < heap.sealed;
    if (size <= heap_size(block)) {
        if (!sealed)
            heap_shrink(block, size);
        return content;
    }
    if (!sealed && heap_stretch(block, size))
        return content;
    void *fresh = heap_alloc(wanted);
    if (!fresh)
        return NULL;
    memcpy(fresh, content, heap_room(content));
    heap_free(content);
    return fresh;
}

size_t heap_room(const void *content)
{
    return content ? heap_size(heap_block_of(content)) - HEAP_HEADER : 0;
}

void heap_seal(void)
{
    uint32_t list;
    for (list = 0; list < HEAP_LISTS; list++) {
        HeapBlock *block = heap.lists[list], *next;
        /* zeros take no room in the snapshot */
        for (; block; block = next) {
            next = block->next;
            memset(block, 0, heap_size(block));
        }
        heap.lists[list] = NULL;
    }
    memset(heap.some, 0, sizeof(heap.some));
    memset(heap_at(heap.top), 0, heap.clean - heap.top);
    heap.sealed = (heap.top + HEAP_HOST_PAGE - 1) / HEAP_HOST_PAGE * HEAP_HOST_PAGE;
    /* the last page of the rest may not be behind its end */
    uint32_t wanted = heap.sealed - heap.top + HEAP_SPARE * HEAP_WASM_PAGE;
    if (heap.end - heap.top < wanted && !heap_grow(wanted))
        return;
    if (heap.top < heap.sealed)
        heap.top = heap.sealed + HEAP_HEADER;
    heap.clean = heap.top;
}
