// What every level's file needs from outside, to be included before the level's target is set.

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "include/Formats.h"
#include "include/Kernels.h"

#pragma clang diagnostic ignored "-Wpsabi"  // No vector is passed from one file to another.
