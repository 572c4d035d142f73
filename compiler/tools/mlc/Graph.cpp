// mlc graph: a picture of a program.
#include "compiler/draw/Draw.h"
#include "compiler/tools/mlc/Load.h"
#include "runtime/checkpoint/AtomicFile.h"

namespace mlc::tool {

Status runGraph(const Options &options) {
  bool ops = options.level == "op";
  if (!ops && !options.after.empty())
    return Status::usage("--after is for --level=op");
  Expected<std::unique_ptr<Loaded>> loaded = load(options);
  if (!loaded)
    return loaded.status();
  const frontend::core::Program &program = *(*loaded)->program;
  Expected<compiler::Drawing> drawing =
      ops ? compiler::drawOps(program, (*loaded)->sources, options.after.empty() ? "mlc" : options.after)
          : compiler::drawInstances(program, (*loaded)->sources);
  if (!drawing)
    return drawing.status();
  std::string text = compiler::svg(*drawing);
  if (!options.out.empty())
    return writeFileAtomically(options.out, text);
  MLC_TRY(writeOutput(text));
  return flushOutput();
}

} // namespace mlc::tool
