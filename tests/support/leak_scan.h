// Looks for secrets in what a run wrote, in every form in which they tend to get out.
//
// Threads: one owner.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace introspectd::support {

class LeakScan {
 public:
  // `name` is how a finding calls it. Shorter ones are refused: they would be found by accident.
  static constexpr std::size_t kSecretBytesMin = 8;
  void Add(std::string_view name, std::string_view secret);

  // One line a finding, "<where>: <name>, as base64"; never the secret.
  std::vector<std::string> Find(std::string_view where, std::string_view text) const;

  // All files below `directory` but those named in `except`.
  std::vector<std::string> FindInFiles(const std::filesystem::path& directory,
                                       const std::vector<std::string>& except) const;

 private:
  struct Needle {
    std::string name;
    std::string form;
    std::string text;  // lower case when the form does not care
    bool any_case = false;
  };

  std::vector<Needle> needles_;
};

}  // namespace introspectd::support
