// Kernels for AVX2 with AVX-VNNI, which Intel's processors without AVX-512 have had since Alder Lake.

#define LEVEL ck_kernels_avxvnni
#define INSTRUCTIONS ",avxvnni"
#define HAS_VNNI
#include "AVX2.h"
