#pragma once

// The compiler vectorises the loops of this directory. Each is written once, as an always-inline function,
// and compiled twice: for every x86-64 and for AVX2, chosen at run time. Nothing here adds floating-point
// numbers to products, so the two give the same bits.

#define BIOVIL_INLINE inline __attribute__((always_inline))

#if defined(__x86_64__)
#define BIOVIL_AVX2 __attribute__((target("avx2")))
#define BIOVIL_HAS_AVX2 (__builtin_cpu_supports("avx2") != 0)
#else
#define BIOVIL_AVX2
#define BIOVIL_HAS_AVX2 false
#endif
