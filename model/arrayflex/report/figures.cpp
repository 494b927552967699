// Rows become figures: families are written out.
#include "arrayflex/report/figures.h"

#include <algorithm>

#include "arrayflex/report/figure_row.h"

namespace arrayflex {
namespace {

template <class Names>
FigureFamily family(const char* name, const Names& members,
                    bool (*exists)(const ArrayParameters&, std::size_t) = nullptr) {
  FigureFamily family{name, {}, exists};
  for (const auto member : members) family.members.emplace_back(name_of(member));
  return family;
}

// One of net classes or register classes.
template <class Class>
FigureFamily class_family(const char* name, const Class& classes) {
  return family(name, classes, [](const ArrayParameters& array, std::size_t member) {
    return has_class(array, static_cast<typename Class::value_type>(member));
  });
}

FigureFamily dma_family() {
  FigureFamily family{"dma_part", {}, nullptr};
  for (const DmaPart& part : kDmaParts) family.members.emplace_back(part.name);
  return family;
}

FigureFamily buffer_family() {
  return {"buffer", {"operand_buffer", "weight_buffer", "accumulators"}, nullptr};
}

std::string in_braces(const char* name) { return std::string("{") + name + '}'; }

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  const std::size_t at = text.find(what);
  return at == std::string::npos ? text : text.replace(at, what.size(), by);
}

// The families named in a key, in its order.
std::vector<const FigureFamily*> families_of(const std::string& key) {
  std::vector<std::pair<std::size_t, const FigureFamily*>> found;
  for (const FigureFamily& family : figure_families()) {
    const std::size_t at = key.find(in_braces(family.name));
    if (at != std::string::npos) found.emplace_back(at, &family);
  }
  std::sort(found.begin(), found.end());
  std::vector<const FigureFamily*> families;
  families.reserve(found.size());
  for (const auto& [at, family] : found) families.push_back(family);
  return families;
}

std::vector<std::string> cut_at_dots(const std::string& key) {
  std::vector<std::string> path{{}};
  for (const char c : key) {
    if (c == '.') {
      path.emplace_back();
    } else {
      path.back() += c;
    }
  }
  return path;
}

Figure figure_of(const FigureRow& row, const std::vector<const FigureFamily*>& families,
                 const FamilyMember& member) {
  Figure figure{row.scope, row.key, row.key, {}, row.type, row.unit, row.when, row.meaning};
  figure.section = row.section;
  figure.column = figure.family_column = row.column;
  const std::size_t indices[] = {member.first, member.second};
  for (std::size_t i = 0; i < families.size(); ++i) {
    const FigureFamily& family = *families[i];
    const std::string& name = family.members[indices[i]];
    figure.key = replaced(figure.key, in_braces(family.name), name);
    figure.column = replaced(figure.column, in_braces(family.name), name);
    if (family.exists != nullptr) {
      figure.exists = [exists = family.exists, index = indices[i]](const ArrayParameters& array) {
        return exists(array, index);
      };
    }
  }
  figure.path = cut_at_dots(figure.key);
  figure.member = member.first;
  figure.get = [get = row.get, member](const FigureSource& source) { return get(source, member); };
  if (member.first == 0 && member.second == 0) {  // once a family
    figure.title = row.title;
    figure.page = row.page;
    figure.sweep = row.sweep;
    figure.sweep_key = row.sweep_key;
    figure.tables = row.tables;
    figure.objective = row.objective;
  }
  return figure;
}

void add_figures(std::vector<Figure>& figures, const FigureRow& row) {
  const std::vector<const FigureFamily*> families = families_of(row.key);
  const auto size = [&](std::size_t i) {
    return i < families.size() ? families[i]->members.size() : std::size_t{1};
  };
  for (std::size_t first = 0; first < size(0); ++first) {
    for (std::size_t second = 0; second < size(1); ++second) {
      figures.push_back(figure_of(row, families, {first, second}));
    }
  }
}

}  // namespace

const std::vector<FigureFamily>& figure_families() {
  constexpr Design kDesigns[] = {Design::arrayflex, Design::conventional};
  static const std::vector<FigureFamily> families{
      family("accounting", kAllAccountings),
      class_family("net_class", all_net_classes()),
      class_family("register_class", all_register_classes()),
      family("component", all_energy_components()),
      family("part", all_switching_parts()),
      family("design", kDesigns),
      dma_family(),
      buffer_family()};
  return families;
}

const std::vector<Figure>& figures() {
  static const std::vector<Figure> all = [] {
    std::vector<Figure> figures;
    for (const FigureRow& row : run_figure_rows()) add_figures(figures, row);
    for (const FigureRow& row : entry_figure_rows()) add_figures(figures, row);
    return figures;
  }();
  return all;
}

const char* name_of(FigureScope scope) {
  constexpr const char* kNames[] = {"run", "layer", "entry", "design", "comparison", "total"};
  return kNames[static_cast<std::size_t>(scope)];
}

}  // namespace arrayflex
