#include "workloads/onnx/shapes/einsum.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace arrayflex::workloads {
namespace {

constexpr std::size_t kMostAxes = 20;
constexpr const char* kEllipsis = "...";

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts{""};
  for (const char c : text) {
    if (c == separator) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

/// "..." written as capital letters, "A" for the last axis that it stands for, then "B", ...
std::string expanded(const std::string& term, std::size_t axes) {
  const std::size_t place = term.find(kEllipsis);
  if (place == std::string::npos) return term;
  std::string letters;
  for (std::size_t i = axes; i > 0; --i) letters += static_cast<char>('A' + i - 1);
  return term.substr(0, place) + letters + term.substr(place + 3);
}

std::string implicit_output(const std::vector<std::string>& inputs) {
  std::string all, output, rest;
  for (const std::string& input : inputs) all += input;
  std::sort(all.begin(), all.end());
  for (const char c : all) {
    const bool is_ellipsis = std::isupper(static_cast<unsigned char>(c)) != 0;
    if (is_ellipsis && output.find(c) == std::string::npos) output.insert(output.begin(), c);
    if (!is_ellipsis && std::count(all.begin(), all.end(), c) == 1) rest += c;
  }
  return output + rest;
}

bool remember(std::map<char, std::int64_t>& sizes, char letter, std::int64_t size) {
  const auto [place, is_new] = sizes.emplace(letter, size);
  if (is_new || size == place->second) return true;
  if (place->second < 0 || place->second == 1) {
    place->second = size;
    return true;
  }
  return size < 0 || size == 1;
}

}  // namespace

Sizes Einsum::output_shape() const {
  Sizes shape;
  for (const char letter : output) {
    const auto found = sizes.find(letter);
    shape.push_back(found == sizes.end() ? 1 : found->second);
  }
  return shape;
}

std::optional<Einsum> parse_einsum(const Node& node) {
  std::string equation = node.text("equation", "");
  equation.erase(std::remove(equation.begin(), equation.end(), ' '), equation.end());
  const std::size_t arrow = equation.find("->");
  const auto reject = [&] {
    node.fail(fmt::format("the equation \"{}\" does not fit its inputs", equation));
  };
  Einsum result;
  result.inputs = split(equation.substr(0, arrow), ',');
  if (static_cast<int>(result.inputs.size()) != node.input_count()) reject();
  std::size_t most = 0;
  for (int i = 0; i < node.input_count(); ++i) {
    std::string& term = result.inputs[static_cast<std::size_t>(i)];
    const Sizes* shape = node.shape(i);
    if (shape == nullptr || shape->size() > kMostAxes) return std::nullopt;
    const bool has_ellipsis = term.find(kEllipsis) != std::string::npos;
    const std::size_t named = term.size() - (has_ellipsis ? 3 : 0);
    if (named > shape->size() || (!has_ellipsis && named != shape->size())) reject();
    most = std::max(most, shape->size() - named);
    term = expanded(term, shape->size() - named);
    for (std::size_t axis = 0; axis < term.size(); ++axis) {
      if (!remember(result.sizes, term[axis], (*shape)[axis])) reject();
    }
  }
  result.output = arrow == std::string::npos ? implicit_output(result.inputs)
                                             : expanded(equation.substr(arrow + 2), most);
  return result;
}

}  // namespace arrayflex::workloads
