/* A kernel without Python: reads buffers from a file, runs, and writes the block's buffers.
 *
 *     driver KERNEL INPUT OUTPUT
 *
 * A file is a sequence of buffers, each behind its length in 8 bytes: those of the network, then
 * those of the block. Every buffer gets memory of exactly its length, so that a sanitizer sees any
 * step beyond it.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "layout.h"

static layout_buffer read_buffer(FILE *file) {
    layout_buffer found = {NULL, 0};
    if (fread(&found.bytes, sizeof found.bytes, 1, file) != 1)
        exit(3);
    found.data = malloc((size_t)found.bytes);
    if (found.bytes > 0 && fread(found.data, (size_t)found.bytes, 1, file) != 1)
        exit(3);
    return found;
}

int main(int count, char **given) {
    layout_buffer buffers[LAYOUT_NETWORK + LAYOUT_BLOCK];
    ssa_network network;
    ssa_block block;
    FILE *file = count == 4 ? fopen(given[2], "rb") : NULL;
    if (file == NULL)
        return 2;
    for (int i = 0; i < LAYOUT_NETWORK + LAYOUT_BLOCK; i++)
        buffers[i] = read_buffer(file);
    fclose(file);

    const char *wrong = layout_network(buffers, &network);
    if (wrong == NULL)
        wrong = layout_block(buffers + LAYOUT_NETWORK, &network, &block);
    if (wrong != NULL) {
        fprintf(stderr, "%s\n", wrong);
        return 4;
    }
    const int64_t half = block.replicates - 3; /* lanes, and a few without */
    const int failed = strcmp(given[1], "lockstep") == 0
                           ? ssa_lockstep(&network, &block, 0, half) ||
                                 ssa_lockstep(&network, &block, half, block.replicates)
                           : ssa_rejection(&network, &block, 0, half) ||
                                 ssa_rejection(&network, &block, half, block.replicates);

    file = fopen(given[3], "wb");
    if (failed || file == NULL)
        return 5;
    for (int i = LAYOUT_NETWORK; i < LAYOUT_NETWORK + LAYOUT_BLOCK; i++)
        fwrite(buffers[i].data, 1, (size_t)buffers[i].bytes, file);
    fclose(file);
    for (int i = 0; i < LAYOUT_NETWORK + LAYOUT_BLOCK; i++)
        free(buffers[i].data);
    return 0;
}
