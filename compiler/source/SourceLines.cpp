#include "compiler/source/SourceLines.h"

#include "mlir/IR/AsmState.h"
#include "mlir/IR/Location.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;

namespace mlc::compiler {

void collectLines(Location location, SourceLines &lines) {
  if (auto place = dyn_cast<FileLineColLoc>(location)) {
    lines.insert({place.getFilename().str(), place.getLine()});
  } else if (auto fused = dyn_cast<FusedLoc>(location)) {
    for (Location part : fused.getLocations())
      collectLines(part, lines);
  } else if (auto named = dyn_cast<NameLoc>(location)) {
    collectLines(named.getChildLoc(), lines);
  } else if (auto call = dyn_cast<CallSiteLoc>(location)) {
    SourceLines inner;
    collectLines(call.getCallee(), inner);
    bool own = llvm::any_of(
        inner, [](const auto &place) { return !StringRef(place.first).starts_with("prelude/"); });
    if (own)
      lines.merge(inner);
    else
      collectLines(call.getCaller(), lines);
  }
}

std::string linesText(const SourceLines &lines) {
  constexpr size_t most = 6;
  std::string text, file;
  size_t count = 0;
  for (const auto &[name, line] : lines) {
    if (count == most && lines.size() > most + 1) {
      text += " and " + std::to_string(lines.size() - most) + " more";
      break;
    }
    text += count++ ? ", " : "";
    if (name != file)
      text += name + ":";
    file = name;
    text += std::to_string(line);
  }
  return text;
}

void printWithLines(Operation *op, const OpPrintingFlags &flags, llvm::raw_ostream &out) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  AsmState::LocationMap places;
  AsmState state(op, flags, &places);
  op->print(stream, state);

  // Which op a line of `text` begins with; lines are counted from 1.
  DenseMap<unsigned, Operation *> begins;
  for (auto [each, place] : places)
    begins[place.first] = each;
  unsigned number = 0;
  for (StringRef rest = text; !rest.empty();) {
    auto [line, after] = rest.split('\n');
    bool isWhole = line.size() < rest.size();
    out << line;
    SourceLines lines;
    Operation *first = begins.lookup(++number);
    // What a function returns is said where it is computed.
    if (first && !first->hasTrait<OpTrait::IsTerminator>())
      collectLines(first->getLoc(), lines);
    if (!lines.empty())
      out << "  // " << linesText(lines);
    if (isWhole)
      out << "\n";
    rest = after;
  }
}

} // namespace mlc::compiler
