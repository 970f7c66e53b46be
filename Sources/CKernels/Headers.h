// What every level's file needs from outside, to be included before the level's target is set.

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "Tables.h"
#include "include/Formats.h"
#include "include/Kernels.h"

#pragma clang diagnostic ignored "-Wpsabi"  // No vector is passed from one file to another.

// A tile's sizes are constants once it is inlined. Without optimization nothing is gained by it, and stacks overflow.
#if defined(__OPTIMIZE__)
#define INLINED_TILE static inline __attribute__((always_inline, unused))
#else
#define INLINED_TILE static __attribute__((noinline, unused))
#endif
