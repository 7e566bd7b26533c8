#include <memory>

#include "cli/commands/commands.h"
#include "cli/commands/inject.h"
#include "cli/core/spec.h"

namespace sunder::cli {
namespace {

struct CutWords {
  CutOptions cut;
  InjectOptions inject;
};

constexpr char kCutExamples[] =
    "Examples:\n"
    "  sunder cut n1 n2\n"
    "  sunder cut n1 n2,n3 --one-way --for 2m\n"
    "  sunder cut /shop/cart /redis --protocol tcp --port 6379,26379\n"
    "  sunder cut /shop/cart cidr:10.0.0.0/8 --dry-run";

}  // namespace

void AddCut(CLI::App& app, Action& chosen) {
  CLI::App* command =
      app.add_subcommand("cut", "Cut A from B; everybody else hears both");
  auto options = std::make_shared<CutWords>();
  command->add_option("A", options->cut.a, "Selector of one side")->required();
  command->add_option("B", options->cut.b, "Selector of the other")->required();
  command->add_flag("--one-way", options->cut.one_way,
                    "Drop what A sends to B, and nothing else");
  AddInjectOptions(*command, options->inject);
  command->footer(kCutExamples);
  command->callback([&chosen, options] {
    chosen = [options](const Environment& environment) {
      return Inject(environment, options->inject, CutShape(options->cut));
    };
  });
}

}  // namespace sunder::cli
