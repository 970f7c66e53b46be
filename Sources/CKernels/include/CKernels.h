#ifndef OFFSTAGE_CKERNELS_H
#define OFFSTAGE_CKERNELS_H

#include "Arguments.h"
#include "Ceilings.h"
#include "Checksum.h"
#include "Formats.h"
#include "Kernels.h"
#include "Machine.h"
#include "Random.h"

#endif
