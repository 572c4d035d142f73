#include "compiler/jit/GiveBack.h"

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Path.h"

#include <cstdint>
#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

namespace mlc::compiler {

/// Unmaps the pages of a library's segments that nobody can have written to.
static int dropPages(dl_phdr_info *info, size_t, void *) {
  llvm::StringRef name = llvm::sys::path::filename(info->dlpi_name);
  if (!name.starts_with("libLLVM") && !name.starts_with("libMLIR"))
    return 0;
  auto page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  for (const auto &segment : llvm::ArrayRef(info->dlpi_phdr, info->dlpi_phnum)) {
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W))
      continue;
    uintptr_t low = (info->dlpi_addr + segment.p_vaddr) / page * page;
    uintptr_t high = info->dlpi_addr + segment.p_vaddr + segment.p_filesz;
    // A refusal costs memory, nothing else.
    static_cast<void>(madvise(reinterpret_cast<void *>(low), high - low, MADV_DONTNEED));
  }
  return 0;
}

void giveBackCompilerMemory() {
  malloc_trim(0);
  dl_iterate_phdr(dropPages, nullptr);
}

} // namespace mlc::compiler
