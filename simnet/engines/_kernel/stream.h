/* xoshiro256++ 1.0 by David Blackman and Sebastiano Vigna 2019 (doi:10.1145/3460772). */
#ifndef SIMNET_STREAM_H
#define SIMNET_STREAM_H

#include <stdint.h>

#include "ssa.h"

SSA_INLINE uint64_t stream_rotated(uint64_t x, int by) { return (x << by) | (x >> (64 - by)); }

/* The next 64 bits of the stream whose state is s[0], s[step], s[2 * step], s[3 * step]. */
SSA_INLINE uint64_t stream_next(uint64_t *s, int step) {
    uint64_t s0 = s[0], s1 = s[step], s2 = s[2 * step], s3 = s[3 * step];
    const uint64_t result = stream_rotated(s0 + s3, 23) + s0;
    const uint64_t t = s1 << 17;
    s2 ^= s0;
    s3 ^= s1;
    s1 ^= s2;
    s0 ^= s3;
    s2 ^= t;
    s3 = stream_rotated(s3, 45);
    s[0] = s0;
    s[step] = s1;
    s[2 * step] = s2;
    s[3 * step] = s3;
    return result;
}

#endif
