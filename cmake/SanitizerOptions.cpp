// What the sanitizers of the `asan` preset leave out, in every program of it, with the reasons.
//
// allow_user_poisoning=0: llvm::BumpPtrAllocator poisons the memory that it has not handed out, and that
// code, a template, is compiled with our files and instrumented. libLLVM and libMLIR are not: what they take
// from the same allocator (attributes, types, locations) they do not unpoison, and the first of our files
// that reads it is reported as use-after-poison, from mlir::FusedLoc::get in Fuse.cpp for one. Nothing of
// ours poisons.
//
// Leaks are looked for; LLVM's own global objects are reachable when a program ends.
extern "C" const char *__asan_default_options();
extern "C" const char *__ubsan_default_options();

extern "C" const char *__asan_default_options() { return "allow_user_poisoning=0"; }
extern "C" const char *__ubsan_default_options() { return "print_stacktrace=1"; }
