#include "cli/render/table.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace sunder::cli {
namespace {

// Columns on the screen: UTF-8 continuation bytes take none.
size_t Width(const std::string& text) {
  return static_cast<size_t>(std::count_if(
      text.begin(), text.end(),
      [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

}  // namespace

Table::Table(std::vector<std::string> header) : header_(std::move(header)) {}

void Table::Add(std::vector<Cell> row) { rows_.push_back(std::move(row)); }

std::string Table::Text(const Style& style, const std::string& indent) const {
  std::vector<size_t> widths(header_.size(), 0);
  for (size_t column = 0; column < header_.size(); ++column) {
    for (const std::vector<Cell>& row : rows_) {
      widths[column] = std::max(widths[column], Width(row[column].text));
    }
    // The first column names the row: it stays in any case.
    if (widths[column] > 0 || column == 0) {
      widths[column] = std::max(widths[column], Width(header_[column]));
    }
  }

  std::string text;
  const auto add_line = [&](const std::vector<Cell>& cells) {
    std::string line = indent;
    size_t pending = 0;  // Spaces are written before a cell, never at the end.
    for (size_t column = 0; column < cells.size(); ++column) {
      if (widths[column] == 0) continue;
      const Cell& cell = cells[column];
      const std::string& shown = cell.text.empty() ? "-" : cell.text;
      absl::StrAppend(&line, std::string(pending, ' '),
                      style.Paint(cell.tone, shown));
      pending = widths[column] - std::min(widths[column], Width(shown)) + 2;
    }
    absl::StrAppend(&text, line, "\n");
  };
  std::vector<Cell> header;
  header.reserve(header_.size());
  for (const std::string& title : header_) {
    header.emplace_back(title, Tone::kFaint);
  }
  add_line(header);
  for (const std::vector<Cell>& row : rows_) add_line(row);
  return text;
}

}  // namespace sunder::cli
