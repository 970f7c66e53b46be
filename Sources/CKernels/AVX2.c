// Kernels for AVX2, FMA and F16C, which Intel has had since Haswell and AMD since Zen.

#define LEVEL ck_kernels_avx2
#define INSTRUCTIONS ""
#include "AVX2.h"
