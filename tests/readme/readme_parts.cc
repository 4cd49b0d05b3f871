// The parts of the README that the program knows better: the tables of options and limits, and the
// sample configuration. Each stands between <!-- name --> and <!-- /name -->.
//
//   readme-parts README.md SAMPLE.toml            writes them
//   readme-parts --check README.md SAMPLE.toml    says whether they are as they would be written

#include <fmt/core.h>

#include <array>
#include <fstream>
#include <span>
#include <string>
#include <string_view>

#include "config/files.h"
#include "config/markdown.h"

namespace introspectd {
namespace {

constexpr std::size_t kFileBytesMax = std::size_t{1} << 20;

struct Part {
  std::string_view name;
  std::string text;
};

// False when `readme` has no place for it.
bool Put(const Part& part, std::string& readme) {
  const std::string before = fmt::format("<!-- {} -->\n", part.name);
  const std::size_t marker = readme.find(before);
  if (marker == std::string::npos) return false;
  const std::size_t begin = marker + before.size();
  const std::size_t end = readme.find(fmt::format("<!-- /{} -->\n", part.name), begin);
  if (end == std::string::npos) return false;
  readme.replace(begin, end - begin, part.text);
  return true;
}

int Complain(std::string_view sentence) {
  fmt::print(stderr, "readme-parts: {}\n", sentence);
  return 1;
}

int Run(bool check, const std::string& readme_file, const std::string& sample_file) {
  const auto readme = config::ReadFile(readme_file, kFileBytesMax);
  const auto sample = config::ReadFile(sample_file, kFileBytesMax);
  if (!readme.ok()) return Complain(fmt::format("{} cannot be read", readme_file));
  if (!sample.ok()) return Complain(fmt::format("{} cannot be read", sample_file));
  std::string wanted = *readme;
  for (const Part& part : std::array<Part, 3>{{
           {"sample", fmt::format("```toml\n{}```\n", *sample)},
           {"options", config::OptionsMarkdown()},
           {"limits", config::LimitsMarkdown()},
       }}) {
    if (!Put(part, wanted)) {
      return Complain(fmt::format("{} has no place for {}", readme_file, part.name));
    }
  }
  if (wanted == *readme) return 0;
  if (check) {
    return Complain(fmt::format("{} is out of date; to write its parts anew: readme-parts {} {}",
                                readme_file, readme_file, sample_file));
  }
  std::ofstream(readme_file, std::ios::binary | std::ios::trunc) << wanted;
  return 0;
}

}  // namespace
}  // namespace introspectd

int main(int argc, char** argv) {
  std::span<char*> files(argv + 1, argv + argc);
  const bool check = !files.empty() && std::string_view(files.front()) == "--check";
  if (check) files = files.subspan(1);
  if (files.size() == 2) return introspectd::Run(check, files[0], files[1]);
  fmt::print(stderr, "usage: readme-parts [--check] README.md SAMPLE.toml\n");
  return 2;
}
