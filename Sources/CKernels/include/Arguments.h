#ifndef OFFSTAGE_ARGUMENTS_H
#define OFFSTAGE_ARGUMENTS_H

/// How many words the command line has, the program's name included.
int ck_argument_count(void);

/// The words; NULL where the C library does not tell them to constructors.
char *_Nullable const *_Nullable ck_arguments(void);

#endif
