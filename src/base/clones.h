// Functions compiled once for each width of vectors; which copy runs is found out when the program
// is loaded. For loops that the compiler turns into vectors by itself.
#pragma once

#ifdef __SANITIZE_THREAD__  // what picks a clone runs before the sanitizer is ready
#define VITRINE_CLONES
#else
#define VITRINE_CLONES [[gnu::target_clones("avx512f", "avx2", "default")]]
#endif
