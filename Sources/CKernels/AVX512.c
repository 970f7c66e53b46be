// Kernels for AVX-512 with VNNI, which Intel has had since Cascade Lake.

#define LEVEL ck_kernels_avx512
#define INSTRUCTIONS ""
#include "AVX512.h"
