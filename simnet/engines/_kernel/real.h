/* Real arithmetic in which every operation is rounded alike on every machine: + - * / and bits.
 *
 * A call of libm keeps a loop over lanes from being vectorised, and its last bit differs between
 * systems. Compile with -ffp-contract=off: a fused multiply-add rounds once instead of twice.
 */
#ifndef SIMNET_REAL_H
#define SIMNET_REAL_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "ssa.h"

SSA_INLINE double real_from_bits(uint64_t bits) {
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

SSA_INLINE uint64_t real_bits(double x) {
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

/* ((x >> 12) + 0.5) * 2^-52: uniform in (0, 1), never 0 and never 1.
 * The upper 52 bits become the fraction of a number in [1, 2), from which 1 - 2^-53 is taken;
 * both steps are exact. */
SSA_INLINE double real_uniform(uint64_t x) {
    return real_from_bits((x >> 12) | 0x3ff0000000000000u) - 0x1.fffffffffffffp-1;
}

/* The natural logarithm of a normal positive number, to less than one unit in the last place.
 *
 * x = 2^k * m with m in [sqrt(1/2), sqrt(2)); with f = m - 1 and s = f / (2 + f),
 * log(m) = 2 s + s * R(s^2), R the minimax polynomial of fdlibm's e_log.c (Sun Microsystems 1993,
 * "permission to use, copy, modify, and distribute this software is freely granted").
 * k is taken as a number without a conversion of 64-bit integers, which AVX2 lacks. */
SSA_INLINE double real_log(double x) {
    const uint64_t low = 0x3fe6a09e00000000u; /* sqrt(1/2), rounded down */
    const uint64_t shifted = real_bits(x) + (0x3ff0000000000000u - low);
    const double k = real_from_bits((shifted >> 52) | 0x4330000000000000u) - (0x1p52 + 1023.0);
    const double f = real_from_bits((shifted & 0x000fffffffffffffu) + low) - 1.0;
    const double half = 0.5 * f * f;
    const double s = f / (2.0 + f);
    const double z = s * s;
    const double w = z * z;
    const double odd = z * (6.666666666666735130e-01 +
                            w * (2.857142874366239149e-01 +
                                 w * (1.818357216161805012e-01 + w * 1.479819860511658591e-01)));
    const double even = w * (3.999999999940941908e-01 +
                             w * (2.222219843214978396e-01 + w * 1.531383769920937332e-01));
    const double r = even + odd;
    return s * (half + r) + k * 1.90821492927058770002e-10 - half + f +
           k * 6.93147180369123816490e-01;
}

/* Whether x can be a propensity. */
SSA_INLINE int real_is_propensity(double x) { return x >= 0.0 && x <= 1.7976931348623157e308; }

/* x to a whole power from 0 to 64, by squaring. */
SSA_INLINE double real_whole_power(double x, int n) {
    double result = 1.0, square = x;
    for (; n > 0; n >>= 1) {
        if (n & 1)
            result *= square;
        square *= square;
    }
    return result;
}

SSA_INLINE int real_is_small_whole(double n) { return n >= 0.0 && n <= 64.0 && n == (double)(int)n; }

#endif
