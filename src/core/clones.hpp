/// Compiles a function once per instruction set; which one runs is chosen when the program is loaded. Worth up to 5x for
/// loops full of exp, without building for one machine only.
#pragma once

// Not with sanitizers: the choice is made before they are initialised.
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && defined(__ELF__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define SHOCKSTEP_CLONES __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#else
#define SHOCKSTEP_CLONES
#endif
