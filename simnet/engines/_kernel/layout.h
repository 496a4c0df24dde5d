/* A network and a block from the buffers of a caller, in a fixed order, all lengths and indices
 * checked: after `layout_...` returned NULL the kernels stay inside their memory. */
#ifndef SIMNET_LAYOUT_H
#define SIMNET_LAYOUT_H

#include <stddef.h>

#include "ssa.h"

typedef struct {
    void *data;
    int64_t bytes;
} layout_buffer;

#define LAYOUT_NETWORK 19
#define LAYOUT_BLOCK 19

/* NULL, or what is wrong. */
const char *layout_network(const layout_buffer *from, ssa_network *to);
const char *layout_block(const layout_buffer *from, const ssa_network *network, ssa_block *to);

#endif
