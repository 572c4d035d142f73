#include "compiler/tools/mlc/Terminal.h"

#include <cstdlib>
#include <string_view>
#include <sys/ioctl.h>
#include <unistd.h>

namespace mlc::tool {

bool canRedraw() {
  const char *term = std::getenv("TERM");
  return isatty(STDERR_FILENO) && (!term || std::string_view(term) != "dumb");
}

bool wantsColour() {
  const char *no = std::getenv("NO_COLOR");
  return canRedraw() && (!no || *no == '\0');
}

size_t terminalColumns() {
  winsize size = {};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col : 80;
}

} // namespace mlc::tool
