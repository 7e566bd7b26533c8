#include <cstdint>
#include <memory>

#include "cli/commands/commands.h"
#include "cli/commands/inject.h"
#include "cli/core/spec.h"

namespace sunder::cli {
namespace {

struct PartitionWords {
  PartitionOptions partition;
  InjectOptions inject;
};

constexpr char kPartitionExamples[] =
    "Examples:\n"
    "  sunder partition /shop/cart --shape halves --for 30s\n"
    "  sunder partition /shop/cart --shape isolate-one --one "
    "task:shop_cart.5f2c\n"
    "  sunder partition n1,n2,n3 --shape isolate-one --one n1 --hold\n"
    "  sunder partition --groups 'n1,n2|n3,n4,n5' --rest isolated\n"
    "  sunder partition rack=r1 --shape majority --dry-run";

}  // namespace

void AddPartition(CLI::App& app, Action& chosen) {
  CLI::App* command = app.add_subcommand(
      "partition", "Divide members into sides that do not hear each other");
  auto options = std::make_shared<PartitionWords>();
  PartitionOptions& partition = options->partition;
  command->add_option("selector", partition.selector,
                      "The members, with --shape");
  command->add_option("--shape", partition.shape, "How they are divided")
      ->type_name("halves|random-halves|majority|isolate-one");
  command
      ->add_option("--one", partition.one,
                   "isolate-one: whom (default: the seed picks)")
      ->type_name("SELECTOR");
  command
      ->add_option("--size", partition.size,
                   "majority: how many on the first side (default: more than "
                   "half)")
      ->check(CLI::Range(uint32_t{1}, UINT32_MAX).description(""))
      ->type_name("K");
  command
      ->add_option("--groups", partition.groups,
                   "The sides themselves: 'n1,n2|n3,n4,n5'")
      ->type_name("SEL|SEL...");
  command
      ->add_option("--rest", partition.rest,
                   "groups: members of none hear all (bridge, the default), "
                   "hear nobody, or are an error")
      ->type_name("bridge|isolated|error");
  command
      ->add_option("--among", partition.among,
                   "groups: all the members, of which --rest is what is left")
      ->type_name("SELECTOR");
  AddInjectOptions(*command, options->inject);
  command->footer(kPartitionExamples);
  command->callback([&chosen, options] {
    chosen = [options](const Environment& environment) {
      return Inject(environment, options->inject,
                    PartitionShape(options->partition));
    };
  });
}

}  // namespace sunder::cli
