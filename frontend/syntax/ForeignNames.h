// What names of PyTorch, Keras, JAX and others are here: the rows of ForeignNames.def, and the help that an
// error gives.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mlc::frontend {

/// A row: names of each library, separated by blanks; what is written here, which may be empty; and a remark,
/// which may be empty where there is something to write. `section` heads the rows that belong together.
struct ForeignName {
  std::string_view section, pytorch, keras, jax, ours, note;
  /// Of a row of another library, which has no names of the three.
  std::string_view library = {}, names = {};
};
/// All rows, in the order of the file.
const std::vector<ForeignName> &foreignNames();

/// Helps for a name that is called, such as `Conv2d`, `nn.Conv2d` or `x.view`: a line for each row that has
/// it. What stands before the last dot decides only among rows that have the same name.
std::vector<std::string> foreignHelps(std::string_view name);
/// For a function of ours that was called as another library's function of this name is: as `foreignHelps`,
/// but nothing of rows that say to write this function.
std::vector<std::string> foreignHelpsBeside(std::string_view name);
/// Help for an argument of a function that has the parameters `known`.
std::optional<std::string> foreignArgumentHelp(std::string_view name, const std::vector<std::string> &known);
/// Help for a reader of a data block, and for an option of a reader that has the options `known`.
std::optional<std::string> foreignReaderHelp(std::string_view name);
std::optional<std::string> foreignOptionHelp(std::string_view name, const std::vector<std::string> &known);
/// Help for a word that should begin a line of a train block, and for one that
/// should begin an item or a statement.
std::optional<std::string> foreignClauseHelp(std::string_view word);
std::optional<std::string> foreignWordHelp(std::string_view word);
/// Help for a name that should be a type; `isField` where it is that of a field of a data block.
std::optional<std::string> foreignTypeHelp(std::string_view name, bool isField);

} // namespace mlc::frontend
