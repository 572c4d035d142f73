#include "test/unit/oracle/RandomText.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

namespace mlc::test {

namespace {
using Shape = std::vector<int64_t>;

/// A value of the model: its axes after `batch`, and how far from zero it may be.
struct Known {
  std::string name;
  Shape shape;
  double size = 1;
  bool used = false;
};

class TextGenerator {
public:
  explicit TextGenerator(uint64_t seed) : random(seed) { row.name = "random_" + std::to_string(seed); }

  Row generate(int ops) {
    for (int i = 0, count = 1 + below(3); i < count; ++i)
      addField(randomShape(below(4)));
    // Some choices do not apply to the value they meet; the bound keeps that finite.
    for (int made = 0, tries = 0; made < ops && tries < 50 * ops; ++tries)
      made += step();
    row.body += combined();
    return row;
  }

private:
  int64_t below(int64_t n) { return int64_t(random() % uint64_t(n)); }
  bool coin() { return below(2); }
  std::string fresh(const char *letter) { return letter + std::to_string(++names); }
  static std::string text(int64_t n) { return std::to_string(n); }
  static int64_t count(const Shape &shape) {
    return std::accumulate(shape.begin(), shape.end(), int64_t(1), std::multiplies<>());
  }

  int64_t randomSize() {
    static const int64_t sizes[] = {1, 2, 3, 4, 5, 6, 8};
    return sizes[below(std::size(sizes))];
  }
  Shape randomShape(int64_t rank) {
    Shape shape(rank);
    do
      for (int64_t &dim : shape)
        dim = randomSize();
    while (count(shape) > maxElements);
    return shape;
  }

  Known &addField(const Shape &shape) {
    RowInput input;
    input.name = "x" + text(int64_t(row.inputs.size()));
    input.shape = shape;
    row.inputs.push_back(input);
    values.push_back({input.name, shape, 1, false});
    return values.back();
  }
  std::string indexField() {
    for (const RowInput &input : row.inputs)
      if (input.dtype == "i32")
        return input.name;
    RowInput input;
    input.name = "n";
    input.dtype = "i32";
    input.low = 0;
    input.high = 5;
    input.held = true;
    row.inputs.push_back(input);
    return input.name;
  }

  Known &pick() {
    // Recent values more often: long chains rather than many short ones.
    int64_t n = values.size();
    return values[coin() ? n - 1 - below(std::min<int64_t>(n, 3)) : below(n)];
  }
  /// The name of `known`, which is then used.
  const std::string &use(Known &known) {
    known.used = true;
    return known.name;
  }
  /// A value of the shape: one that is there, or a new field.
  Known like(const Shape &shape) {
    std::vector<Known *> same;
    for (Known &known : values)
      if (known.shape == shape)
        same.push_back(&known);
    Known &chosen = same.empty() ? addField(shape) : *same[below(same.size())];
    chosen.used = true;
    return chosen;
  }

  void line(const std::string &statement) { row.body += statement + "; "; }
  /// `let` binds the expression to a new value, scaled down if it may be large.
  bool let(const std::string &expression, const Shape &shape, double size) {
    if (count(shape) > maxElements)
      return false;
    std::string name = fresh("v");
    if (size > 8) {
      line("let " + name + " = (" + expression + ") * " + std::to_string(4 / size));
      size = 4;
    } else {
      line("let " + name + " = " + expression);
    }
    values.push_back({name, shape, size, false});
    return true;
  }
  std::string floatType(const Shape &shape, bool batched) {
    std::string dims = batched ? "batch" : "";
    for (int64_t dim : shape)
      dims += (dims.empty() ? "" : ", ") + text(dim);
    return dims.empty() ? "float" : "float[" + dims + "]";
  }
  std::string param(const Shape &shape) {
    std::string name = fresh("w");
    line("param " + name + ": " + floatType(shape, false) + " = uniform(low = -1, high = 1)");
    return name;
  }
  std::string activation() {
    static const char *const all[] = {"tanh",     "sigmoid",    "relu", "gelu", "silu",       "sin",
                                      "softplus", "leaky_relu", "elu",  "mish", "hard_swish", "softsign"};
    return all[below(std::size(all))];
  }

  bool step() {
    switch (below(16)) {
    case 0:
      return unary(pick());
    case 1:
    case 2:
      return binary(pick());
    case 3:
      return withParameter(pick());
    case 4:
      return layers(pick());
    case 5:
      return reduction(pick());
    case 6:
      return lastAxis(pick());
    case 7:
      return rearranged(pick());
    case 8:
      return sliced(pick());
    case 9:
      return joined(pick());
    case 10:
      return product(pick());
    case 11:
      return picture();
    case 12:
      return table();
    case 13:
      return scan(pick());
    case 14:
      return function(pick());
    default:
      return staticIf(pick());
    }
  }

  bool unary(Known &x) {
    std::string name = x.name;
    double size = x.size, square = size * size;
    struct Choice {
      std::string text;
      double size;
    };
    const Choice choices[] = {{"tanh(" + name + ")", 1},
                              {"sin(" + name + ")", 1},
                              {"cos(2 * " + name + ")", 1},
                              {"erf(" + name + ")", 1},
                              {"sigmoid(" + name + ")", 1},
                              {"relu(" + name + ")", size},
                              {"leaky_relu(" + name + ", slope = 0.2)", size},
                              {"silu(" + name + ")", size},
                              {"gelu(" + name + ")", size},
                              {"softplus(" + name + ")", size + 1},
                              {"elu(" + name + ", alpha = 0.5)", size + 1},
                              {"mish(" + name + ")", size},
                              {"relu6(" + name + ")", 6},
                              {"hard_sigmoid(" + name + ")", 1},
                              {"abs(" + name + " - 0.3)", size + 0.3},
                              {"log(" + name + "^2 + 0.5)", std::log(square + 1) + 1},
                              {"sqrt(" + name + "^2 + 0.25)", size + 0.5},
                              {"rsqrt(" + name + " * " + name + " + 0.5)", 1.5},
                              {"-" + name, size},
                              {name + "^2", square},
                              {name + " * 0.5 - 1", size / 2 + 1},
                              {"exp(-abs(" + name + "))", 1}};
    const Choice &choice = choices[below(std::size(choices))];
    x.used = true;
    return let(choice.text, x.shape, choice.size);
  }

  bool binary(Known &first) {
    Shape shape = first.shape;
    std::string x = use(first);
    double a = first.size;
    Known other = like(shape);
    double b = other.size;
    const std::string &y = other.name;
    switch (below(7)) {
    case 0:
      return let(x + " + " + y, shape, a + b);
    case 1:
      return let(x + " - " + y, shape, a + b);
    case 2:
      return let(x + " * " + y, shape, a * b);
    case 3:
      return let(x + " / (" + y + "^2 + 0.5)", shape, 2 * a);
    case 4:
      return let("max(" + x + ", " + y + ")", shape, std::max(a, b));
    case 5:
      return let("min(" + x + ", " + y + ")", shape, std::max(a, b));
    default:
      return let("where(" + x + " > " + y + ", " + x + ", 0.5 * (" + x + " + " + y + "))", shape,
                 std::max(a, b));
    }
  }

  /// Broadcasting: a parameter of the last axes, or with axes of 1.
  bool withParameter(Known &x) {
    Shape shape = x.shape, own;
    double size = x.size;
    std::string name = use(x);
    if (!shape.empty() && coin()) {
      own.push_back(1);
      for (int64_t dim : shape)
        own.push_back(coin() ? 1 : dim);
    } else {
      own.assign(shape.end() - below(int64_t(shape.size()) + 1), shape.end());
    }
    std::string w = param(own);
    return coin() ? let(name + " * " + w, shape, size) : let(name + " + " + w, shape, size + 1);
  }

  bool layers(Known &x) {
    if (x.shape.empty())
      return false;
    Shape shape = x.shape;
    std::string name = use(x);
    int64_t last = shape.back();
    switch (below(5)) {
    case 0:
      shape.back() = randomSize();
      return let(name + " |> dense(" + text(shape.back()) + ") |> " + activation(), shape, 4);
    case 1: {
      shape.back() = randomSize();
      std::string w = param({last, shape.back()});
      return let(name + " @ " + w, shape, x.size * double(last));
    }
    case 2:
      return let(name + " |> repeat(2, |> dense(" + text(last) + ") |> " + activation() + ")", shape, 4);
    case 3:
      return let(name + " |> residual(|> dense(" + text(last) + ") |> tanh)", shape, x.size + 1);
    default: {
      std::string layer = fresh("layer_");
      shape.back() = randomSize();
      line("layer " + layer + " = dense(" + text(shape.back()) + ", bias = " + (coin() ? "true" : "false") +
           ")");
      // One set of parameters, used twice.
      return let("tanh(" + layer + "(" + name + ")) - " + layer + "(sin(" + name + "))", shape, 8);
    }
    }
  }

  bool reduction(Known &x) {
    if (x.shape.empty())
      return false;
    std::string axes;
    Shape left;
    double terms = 1;
    for (size_t i = 0; i < x.shape.size(); ++i)
      if (coin()) {
        axes += (axes.empty() ? "" : ", ") + text(int64_t(i) + 1);
        terms *= double(x.shape[i]);
      } else {
        left.push_back(x.shape[i]);
      }
    if (left.size() == x.shape.size())
      return false;
    std::string list = left.size() + 1 == x.shape.size() ? axes : "(" + axes + ")";
    double size = x.size;
    switch (below(3)) {
    case 0:
      return let("sum(" + use(x) + ", axes = " + list + ")", left, size * terms);
    case 1:
      return let("mean(" + use(x) + ", axes = " + list + ")", left, size);
    default:
      if (list != axes)
        return false;
      return let("amax(" + use(x) + ", axis = " + list + ")", left, size);
    }
  }

  bool lastAxis(Known &x) {
    if (x.shape.empty() || x.shape.back() < 2)
      return false;
    Shape shape = x.shape, without(shape.begin(), shape.end() - 1);
    double wide = std::sqrt(double(shape.back()));
    switch (below(6)) {
    case 0:
      return let("softmax(" + use(x) + ")", shape, 1);
    case 1:
      return let("log_softmax(" + use(x) + ")", shape, 2 * x.size + 3);
    case 2:
      return let("logsumexp(" + use(x) + ")", without, x.size + 3);
    case 3:
      return let("layer_norm(" + use(x) + ", eps = 0.1)", shape, wide);
    case 4:
      return let("unit_length(" + use(x) + " + 1.5)", shape, 1);
    default:
      return let("batch_norm(" + use(x) + ", eps = 0.1)", shape, 2 * x.size + 4);
    }
  }

  bool rearranged(Known &x) {
    static const char letters[] = "ijkl";
    size_t rank = x.shape.size();
    if (rank == 0)
      return let("rearrange(\"b -> b 1\", " + use(x) + ")", {1}, x.size);
    std::vector<size_t> order(rank);
    std::iota(order.begin(), order.end(), size_t(0));
    std::shuffle(order.begin(), order.end(), random);
    std::string from = "b", to = "b";
    Shape shape;
    bool merges = rank >= 2 && coin();
    for (size_t i = 0; i < rank; ++i)
      from += std::string(" ") + letters[i];
    for (size_t i = 0; i < rank; ++i) {
      std::string letter(1, letters[order[i]]);
      int64_t dim = x.shape[order[i]];
      if (merges && i + 2 == rank) {
        to += " (" + letter + " " + letters[order[i + 1]] + ")";
        shape.push_back(dim * x.shape[order[i + 1]]);
        break;
      }
      to += " " + letter;
      shape.push_back(dim);
    }
    return let("rearrange(\"" + from + " -> " + to + "\", " + use(x) + ")", shape, x.size);
  }

  bool sliced(Known &x) {
    if (x.shape.empty())
      return false;
    std::string index = ":";
    Shape shape;
    for (int64_t dim : x.shape) {
      switch (below(4)) {
      case 0:
        index += ", " + text(below(2) ? below(dim) : -1 - below(dim));
        break;
      case 1: {
        int64_t start = below(dim), stop = start + 1 + below(dim - start);
        index += ", " + text(start) + ":" + text(stop);
        shape.push_back(stop - start);
        break;
      }
      case 2: {
        int64_t start = below(std::min<int64_t>(dim, 2));
        index += ", " + text(start) + "::2";
        shape.push_back((dim - start + 1) / 2);
        break;
      }
      default:
        index += ", :";
        shape.push_back(dim);
      }
    }
    return let(use(x) + "[" + index + "]", shape, x.size);
  }

  bool joined(Known &x) {
    Shape shape = x.shape;
    double size = x.size;
    std::string name = use(x);
    int64_t rank = shape.size();
    if (rank == 0) {
      Known y = like(shape);
      return let("stack(" + name + ", " + y.name + ", axis = 1)", {2}, std::max(size, y.size));
    }
    int64_t at = below(rank);
    std::string axis = ", axis = " + text(coin() ? at + 1 : at - rank) + ")";
    switch (below(4)) {
    case 0: {
      Known y = like(shape);
      shape[at] *= 2;
      return let("concat(" + name + ", " + y.name + axis, shape, std::max(size, y.size));
    }
    case 1:
      return let("reverse(" + name + axis, shape, size);
    case 2:
      return let("roll(" + name + ", " + text(below(shape[at])) + axis, shape, size);
    default: {
      if (shape.back() % 2)
        return false;
      std::string a = fresh("v"), b = fresh("v");
      line("let (" + a + ", " + b + ") = split(" + name + ", 2)");
      shape.back() /= 2;
      return let(a + " * " + b, shape, size * size);
    }
    }
  }

  bool product(Known &x) {
    if (x.shape.size() != 2 && x.shape.size() != 1)
      return false;
    Shape shape = x.shape;
    double size = x.size;
    std::string name = use(x);
    if (shape.size() == 1) {
      Known y = like(shape);
      return let("einsum(\"b i, b j -> b i j\", " + name + ", " + y.name + ")", {shape[0], shape[0]},
                 size * y.size);
    }
    Known y = like(shape);
    switch (below(3)) {
    case 0:
      return let("einsum(\"b i k, b j k -> b i j\", " + name + ", " + y.name + ")", {shape[0], shape[0]},
                 size * y.size * double(shape[1]));
    case 1:
      return let("einsum(\"b k i, b k j -> b j i\", " + name + ", " + y.name + ")", {shape[1], shape[1]},
                 size * y.size * double(shape[0]));
    default:
      return let("einsum(\"b i j, b i j -> b i\", " + name + ", " + y.name + ")", {shape[0]},
                 size * y.size * double(shape[1]));
    }
  }

  bool picture() {
    std::vector<Known *> pictures;
    for (Known &known : values)
      if (known.shape.size() == 3)
        pictures.push_back(&known);
    Known &x = pictures.empty() ? addField({2 + below(5), 2 + below(5), 1 + below(3)})
                                : *pictures[below(pictures.size())];
    Shape shape = x.shape;
    double size = x.size;
    std::string name = use(x);
    switch (below(5)) {
    case 4:
      if (count(shape) > 64)
        return false;
      shape[0] *= 2;
      shape[1] *= 2;
      return let("upsample(" + name + ")", shape, size);
    case 0: {
      int64_t kernel = 1 + below(3), pad = below(2), stride = 1 + below(2);
      if (shape[0] + 2 * pad < kernel || shape[1] + 2 * pad < kernel)
        return false;
      for (int axis : {0, 1})
        shape[axis] = (shape[axis] + 2 * pad - kernel) / stride + 1;
      shape[2] = 1 + below(4);
      return let(name + " |> conv(" + text(shape[2]) + ", " + text(kernel) + ", stride = " + text(stride) +
                     ", pad = " + text(pad) + ") |> " + activation(),
                 shape, 4);
    }
    case 1:
    case 2: {
      if (shape[0] < 2 || shape[1] < 2)
        return false;
      shape[0] /= 2;
      shape[1] /= 2;
      return let(name + (coin() ? " |> max_pool(2)" : " |> avg_pool(2)"), shape, size);
    }
    default:
      return let((coin() ? "global_avg_pool(" : "global_max_pool(") + name + ")", {shape[2]}, size);
    }
  }

  bool table() {
    std::string index = indexField();
    int64_t width = randomSize();
    if (coin())
      return let("gather(" + param({5, width}) + ", " + index + ")", {width}, 1);
    return let("one_hot(" + index + ", 5) @ " + param({5, width}), {width}, 1);
  }

  bool scan(Known &x) {
    if (x.shape.empty())
      return false;
    Shape rest(x.shape.begin() + 1, x.shape.end()), shape = x.shape;
    std::string name = use(x), v = fresh("v"), e = fresh("e"), h = fresh("h");
    std::string next = "sin(" + e + " + 0.7 * " + h + ")";
    if (rest.size() == 1)
      next = "tanh(" + e + " + " + h + " @ " + param({rest[0], rest[0]}) + ")";
    std::string source = coin() ? name : "reverse(" + name + ", axis = 1)";
    std::string value = coin() ? h : h + " * " + e;
    line("let " + v + " = scan " + e + " in " + source + " along 1 carry " + h + ": " +
         floatType(rest, true) + " = " + (coin() ? "0" : "0.5") + " {; " + h + " <- " + next + "; " + value +
         "; }");
    values.push_back({v, shape, 1 + x.size, false});
    return true;
  }

  bool function(Known &x) {
    Shape shape = x.shape;
    std::string name = use(x), f = fresh("f");
    Known y = like(shape);
    switch (below(2)) {
    case 0:
      line("let k" + f + " = " + text(1 + below(3)));
      line("fn " + f + "(a, b) = tanh(k" + f + " * a) - b / (1 + a^2)");
      return let(f + "(" + name + ", " + y.name + ")", shape, 1 + y.size);
    default:
      line("fn " + f + "(a) = a * sigmoid(a) + cos(a)");
      return let(f + "(" + f + "(" + name + ")) - " + y.name, shape, x.size + y.size + 2);
    }
  }

  bool staticIf(Known &x) {
    Shape shape = x.shape;
    double size = x.size;
    std::string name = use(x);
    return let("if " + std::string(coin() ? "training" : "not training") + " { sin(" + name + ") } else { " +
                   name + " * 0.5 }",
               shape, std::max(size, 1.0));
  }

  /// One number for each row, of all that nobody has used.
  std::string combined() {
    std::string sum;
    for (size_t i = 0, count = values.size(); i < count; ++i) {
      Known known = values[i];
      if (known.used)
        continue;
      std::string term = known.name;
      if (!known.shape.empty()) {
        std::string axes;
        for (size_t axis = 1; axis <= known.shape.size(); ++axis)
          axes += (axes.empty() ? "" : ", ") + text(int64_t(axis));
        term = "mean(" + known.name + " * " + param(known.shape) +
               ", axes = " + (known.shape.size() == 1 ? axes : "(" + axes + ")") + ")";
      }
      sum += (sum.empty() ? "" : " + ") + term;
    }
    return sum;
  }

  static constexpr int64_t maxElements = 96;
  std::mt19937_64 random;
  Row row;
  std::vector<Known> values;
  int names = 0;
};
} // namespace

Row randomTextRow(uint64_t seed, int ops) { return TextGenerator(seed).generate(ops); }

} // namespace mlc::test
