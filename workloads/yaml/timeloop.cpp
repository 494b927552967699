// Timeloop's problems, https://timeloop.csail.mit.edu/v4/input-formats/problem.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "arrayflex/core/error.h"
#include "workloads/yaml/formats.h"
#include "workloads/yaml/loops.h"

namespace arrayflex::workloads {
namespace {

std::string lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

/// Timeloop's own shape of a convolution: M and K both name the output channels, G the groups.
const LoopNest& convolution() {
  static const LoopNest nest{{},
                             {"N", "C", "P", "Q", "R", "S", "G"},
                             {"C", "K", "M", "R", "S", "G"},
                             {"N", "K", "M", "P", "Q", "G"}};
  return nest;
}

/// Z[M][N] += A[M][K] * B[N][K].
const LoopNest& product() {
  static const LoopNest nest{{}, {"M", "K"}, {"N", "K"}, {"M", "N"}};
  return nest;
}

const std::vector<std::string> kDataSpaces{"data-spaces", "data_spaces", "dataspaces"};

/// Names of loops in a projection, [[[C]], [[R, Wdilation], [P, Wstride]]]; coefficients are no
/// loops.
void collect_loops(const YAML::Node& node, const std::set<std::string>& loops,
                   std::set<std::string>& found, int depth = 0) {
  if (node.IsScalar() && loops.count(node.Scalar()) != 0) found.insert(node.Scalar());
  if (!node.IsSequence() || depth > 4) return;
  for (const auto& part : node) collect_loops(part, loops, found, depth + 1);
}

std::vector<YAML::Node> problems_in(const YAML::Node& root) {
  std::vector<YAML::Node> problems;
  const auto add = [&](const YAML::Node& node) {
    if (node.IsSequence()) {
      for (const auto& part : node) problems.push_back(part);
    } else {
      problems.push_back(node);
    }
  };
  const std::vector<std::string> keys{"problem", "workload", "problems"};
  if (root.IsMap()) {
    const auto found = find_any(root, keys);
    add(found ? *found : root);
  }
  if (root.IsSequence()) {
    for (const auto& entry : root) {
      const auto found = find_any(entry, keys);
      add(found ? *found : entry);
    }
  }
  return problems;
}

class ProblemReader {
 public:
  ProblemReader(const YAML::Node& problem, std::string item)
      : problem_(problem), item_(std::move(item)) {
    const auto shape = find(problem, "shape");
    if (shape && shape->IsMap()) shape_ = *shape;
    if (shape && shape->IsScalar()) shape_name_ = lower_case(text_in(*shape));
    const auto instance = find(problem, "instance");
    sizes_ = instance && instance->IsMap() ? *instance : problem;
  }

  Layer read() {
    LoopNest nest = find_any(shape_, kDataSpaces) ? by_data_spaces() : by_name();
    return product_of(nest, item_);
  }

 private:
  void read_size(LoopNest& nest, const std::string& loop) const {
    const auto size = find(sizes_, loop);
    if (size) nest.sizes[loop] = size_in(*size, fmt::format("{}: {}", item_, loop));
  }

  LoopNest by_data_spaces() const {
    LoopNest nest;
    std::set<std::string> loops;
    const auto dimensions = find(shape_, "dimensions");
    if (!dimensions || !dimensions->IsSequence()) fail("its shape has no list of dimensions");
    for (const auto& loop : *dimensions) loops.insert(text_in(loop));
    for (const std::string& loop : loops) {
      read_size(nest, loop);
      if (nest.sizes.count(loop) == 0) nest.sizes[loop] = default_of(loop);
    }
    bool has_input = false, has_weights = false, has_output = false;
    const YAML::Node spaces = *find_any(shape_, kDataSpaces);
    for (const auto& space : spaces) {
      const auto projection = find(space, "projection");
      if (!projection) fail("a data space has no projection");
      const auto name = find(space, "name");
      const std::string role = lower_case(name ? text_in(*name) : "");
      const auto writes = find_any(space, {"read-write", "read_write"});
      const bool is_output = writes && lower_case(text_in(*writes)) != "false";
      const bool is_weights = role.find("weight") != std::string::npos || role == "b" ||
                              role.find("filter") != std::string::npos || role == "matrixb";
      std::set<std::string>& indices = is_output                                   ? nest.output
                                       : is_weights || (has_input && !has_weights) ? nest.weights
                                                                                   : nest.input;
      (is_output ? has_output : &indices == &nest.weights ? has_weights : has_input) = true;
      collect_loops(*projection, loops, indices);
    }
    if (!has_input || !has_weights || !has_output) {
      fail("a product needs three data spaces: an input, weights and one with read-write");
    }
    return nest;
  }

  /// Dimensions that an instance leaves out are an error, unless all but a few are 1 by the habit
  /// of Timeloop's newer front end: there 1 is the default.
  std::int64_t default_of(const std::string& loop) const {
    const auto instance = find(problem_, "instance");
    if (!instance) fail(fmt::format("the size of {} is missing", loop));
    return 1;
  }

  LoopNest by_name() const {
    const auto has = [&](const char* loop) { return find(sizes_, loop).has_value(); };
    const bool is_convolution =
        has("C") || has("P") || has("Q") || has("R") || has("S") || has("G");
    const bool is_product = shape_name_.find("gemm") != std::string::npos ||
                            (!is_convolution && has("M") && has("N") && has("K"));
    if (!is_product && !is_convolution)
      fail("it has no sizes of a convolution (C, K or M, P, Q, R, S, N, G) or a product (M, N, K)");
    if (!is_product && has("M") && has("K"))
      fail("both M and K are given: which are the output channels?");
    LoopNest nest = is_product ? product() : convolution();
    for (const std::string& loop :
         is_product ? std::vector<std::string>{"M", "N", "K"}
                    : std::vector<std::string>{"N", "C", "K", "M", "P", "Q", "R", "S", "G"}) {
      read_size(nest, loop);
    }
    for (const char* other : {"X", "Y", "Z", "B", "H"}) {
      const auto size = find(sizes_, other);
      const bool is_plain = !size || text_in(*size) == "1" || std::string(other) == "H";
      if (!is_plain)
        fail(
            fmt::format("what the loop {} stands for is said in a shape with data spaces, which "
                        "the file does not have",
                        other));
    }
    return nest;
  }

  [[noreturn]] void fail(const std::string& message) const {
    throw InputError(item_ + ": " + message);
  }

  const YAML::Node& problem_;
  std::string item_;
  YAML::Node shape_, sizes_;
  std::string shape_name_;
};

bool looks_like_a_problem(const YAML::Node& node) {
  if (!node.IsMap()) return false;
  const auto instance = find(node, "instance");
  const YAML::Node sizes = instance && instance->IsMap() ? *instance : node;
  int loops = 0;
  for (const char* loop : {"C", "M", "K", "P", "Q", "R", "S", "N"}) {
    loops += find(sizes, loop) ? 1 : 0;
  }
  return loops >= 2 || (find(node, "shape") && (find(node, "instance") || loops > 0));
}

}  // namespace

bool is_timeloop(const YAML::Node& root) {
  const std::vector<YAML::Node> problems = problems_in(root);
  return !problems.empty() && looks_like_a_problem(problems.front());
}

YamlLayers read_timeloop(const YamlDocument& document, const std::string& source) {
  YamlLayers result;
  const std::vector<YAML::Node> problems = problems_in(document.root);
  for (std::size_t i = 0; i < problems.size(); ++i) {
    const std::string item =
        problems.size() == 1 ? source : fmt::format("{}: problem {}", source, i + 1);
    if (!looks_like_a_problem(problems[i])) {
      throw InputError(item + ": it is no problem of Timeloop: shape and sizes are missing");
    }
    Layer layer = ProblemReader(problems[i], item).read();
    const auto name = find(problems[i], "name");
    if (name) layer.name = text_in(*name);
    result.layers.push_back(layer);
  }
  if (!document.dropped.empty()) {
    result.notes.push_back(
        "what the file includes from others is not read: a shape in there is taken for Timeloop's "
        "convolution or product.");
  }
  return result;
}

}  // namespace arrayflex::workloads
