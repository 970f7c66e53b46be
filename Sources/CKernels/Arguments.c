#include "include/Arguments.h"

#include <stdlib.h>

static int argument_count = 0;
static char *const *arguments = NULL;

#if defined(__GLIBC__)
// glibc calls constructors as it calls main.
__attribute__((constructor)) static void keep(int count, char *const *words) {
    argument_count = count;
    arguments = words;
}
#endif

int ck_argument_count(void) { return argument_count; }
char *_Nullable const *_Nullable ck_arguments(void) { return arguments; }
