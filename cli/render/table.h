// Rows under a header, columns as wide as they need to be.

#ifndef SUNDER_CLI_RENDER_TABLE_H_
#define SUNDER_CLI_RENDER_TABLE_H_

#include <string>
#include <vector>

#include "cli/render/style.h"

namespace sunder::cli {

struct Cell {
  Cell(std::string text, Tone tone = Tone::kPlain)  // NOLINT: reads as text
      : text(Clean(text)), tone(tone) {}
  Cell(const char* text) : Cell(std::string(text)) {}  // NOLINT: the same

  std::string text;
  Tone tone;
};

class Table {
 public:
  explicit Table(std::vector<std::string> header);
  // As many cells as the header has. An empty cell is shown as "-".
  void Add(std::vector<Cell> row);
  bool empty() const { return rows_.empty(); }
  // One line a row, each behind `indent`; a column without content in any row
  // is left out.
  std::string Text(const Style& style, const std::string& indent = "") const;

 private:
  const std::vector<std::string> header_;
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace sunder::cli

#endif  // SUNDER_CLI_RENDER_TABLE_H_
