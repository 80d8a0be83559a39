// VITRINE_CLONES compiles a function for several vector widths (AVX-512, AVX2, SSE2). The loader
// picks the copy that suits the processor. For loops that the compiler vectorizes by itself.
#pragma once

#ifdef __SANITIZE_THREAD__  // the resolver runs before the sanitizer is initialised
#define VITRINE_CLONES
#else
#define VITRINE_CLONES [[gnu::target_clones("avx512f", "avx2", "default")]]
#endif
