// Kernels for AVX-512 with VNNI, VBMI and GFNI, which Intel has had since Ice Lake and AMD since Zen 4.

#define LEVEL ck_kernels_avx512vbmi
#define INSTRUCTIONS ",avx512vbmi,gfni"
#define HAS_VBMI
#include "AVX512.h"
