// Holds the weights of a trained examples/linear to the closed form of least squares.
//
//   closed-form linear.csv model.safetensors    prints the largest difference; exits 1 if it is over 1e-3
#include "runtime/checkpoint/Safetensors.h"

#include <Eigen/Dense>

#include <cmath>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

static std::vector<float> readTensor(const mlc::SafetensorsFile &file, const std::string &name, size_t size) {
  auto entry = file.entries().find(name);
  if (entry == file.entries().end() || entry->second.bytes != int64_t(size * sizeof(float)))
    return {};
  std::vector<float> values(size);
  mlc::Status status = file.read(entry->second, reinterpret_cast<uint8_t *>(values.data()));
  return status.isOk() ? values : std::vector<float>();
}

int main(int argc, char **argv) {
  if (argc != 3)
    return 2;
  std::ifstream csv(argv[1]);
  std::string line;
  std::getline(csv, line);
  std::vector<double> cells;
  while (std::getline(csv, line)) {
    std::istringstream fields(line);
    for (std::string cell; std::getline(fields, cell, ',');)
      cells.push_back(std::stod(cell));
  }
  using Table = Eigen::Matrix<double, Eigen::Dynamic, 4, Eigen::RowMajor>;
  const Eigen::Map<Table> table(cells.data(), int64_t(cells.size()) / 4, 4);
  Table x = table;
  x.col(3).setOnes();
  const Eigen::Vector4d exact = x.colPivHouseholderQr().solve(table.col(3));

  auto file = mlc::SafetensorsFile::open(argv[2]);
  if (!file) {
    std::fprintf(stderr, "%s\n", file.status().message().c_str());
    return 1;
  }
  std::vector<float> learnt = readTensor(*file, "line.dense_1.w", 3);
  const std::vector<float> bias = readTensor(*file, "line.dense_1.bias", 1);
  learnt.insert(learnt.end(), bias.begin(), bias.end());
  if (learnt.size() != 4) {
    std::fprintf(stderr, "line.dense_1.w and line.dense_1.bias are not in %s\n", argv[2]);
    return 1;
  }
  double apart = 0;
  for (int i = 0; i < 4; ++i)
    apart = std::fmax(apart, std::fabs(learnt[i] - exact[i]));
  std::printf("weights within %.1e of the closed form\n", apart);
  return apart <= 1e-3 ? 0 : 1;
}
