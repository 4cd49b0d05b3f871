#include "config/load.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/check.h"
#include "config/consistency.h"
#include "config/files.h"
#include "config/options.h"
#include "config/places.h"
#include "config/toml_tree.h"
#include "crypto/digest.h"
#include "fmt/core.h"
#include "fmt/ranges.h"
#include "text/ascii.h"

namespace introspectd::config {

namespace {

constexpr std::size_t kFileBytesMax = 16 << 20;

bool IsOfKind(const TomlNode& node, Kind kind) {
  switch (kind) {
    case Kind::kBool:
      return node.type == TomlNode::Type::kBool;
    case Kind::kInteger:
      return node.type == TomlNode::Type::kInteger;
    case Kind::kString:
      return node.type == TomlNode::Type::kString;
  }
  CHECK(false);
}

const TomlNode* FindSectionNode(const TomlNode& root, std::string_view section) {
  const TomlNode* node = &root;
  while (node != nullptr && !section.empty()) node = node->Find(text::TakeUntil(section, '.'));
  return node;
}

TomlNode DefaultsOf(const Section& section) {
  std::string defaults;
  for (const Option& option : section.options) {
    if (option.default_toml.empty()) continue;
    defaults += fmt::format("{} = {}\n", option.name, option.default_toml);
  }
  return *ParseToml(defaults, "the option table");
}

// What may stand in the table of a section; "" is the top of the file.
std::vector<std::string_view> AllowedKeys(std::string_view name) {
  std::vector<std::string_view> keys;
  if (const Section* section = FindSection(name)) {
    for (const Option& option : section->options) keys.push_back(option.name);
  }
  for (const Section& section : Sections()) {
    if (section.parent() == name) keys.push_back(section.key());
  }
  return keys;
}

void Cleanse(Scalar& scalar) {
  if (auto* text = std::get_if<std::string>(&scalar)) crypto::Cleanse(*text);
}

void Cleanse(TomlNode& node) {
  Cleanse(node.scalar);
  for (TomlNode& child : node.children) Cleanse(child);
}

class Loader {
 public:
  Loader(const std::string& name, const std::filesystem::path& directory)
      : places_(name), directory_(directory) {}

  absl::StatusOr<Config> Load(const TomlNode& root) {
    if (absl::Status status = CheckKeys(root, "", ""); !status.ok()) return status;
    for (const Section& section : Sections()) {
      if (absl::Status status = ReadSection(section, root); !status.ok()) return status;
    }
    for (const absl::Status& status : {
             ReadTls("server.tls", config_.server.tls),
             ReadTls("admin.tls", config_.admin.tls),
             Settle(config_, places_),
         }) {
      if (!status.ok()) return status;
    }
    return std::move(config_);
  }

 private:
  // `path` is where the table or value stands, as in messages; `element` which one of a repeated
  // section it belongs to.
  absl::Status ReadSection(const Section& section, const TomlNode& root);
  absl::Status ReadTable(const Section& section, const TomlNode& table, const std::string& path,
                         std::size_t element);
  absl::Status CheckKeys(const TomlNode& table, const std::string& path, std::string_view section);
  absl::Status CheckSecretKeys(const Section& section, const TomlNode& table,
                               const std::string& path) const;
  absl::Status ReadOption(const Option& option, const TomlNode& node, const std::string& path,
                          std::size_t element);
  absl::Status ReadList(const Option& option, const TomlNode& list, const std::string& path,
                        std::size_t element);
  absl::Status ReadScalar(const Option& option, const TomlNode& node, const std::string& path,
                          std::size_t element);
  absl::StatusOr<Scalar> ReadSecret(const Scalar& file) const;
  absl::Status ReadTls(const std::string& section, TlsConfig& tls) const;

  Places places_;
  const std::filesystem::path& directory_;
  Config config_{};
};

absl::Status Loader::ReadSection(const Section& section, const TomlNode& root) {
  const TomlNode absent;
  const std::string path(section.name);
  const TomlNode* node = FindSectionNode(root, section.name);
  if (node != nullptr) places_.Set(path, node->line);
  if (!section.repeated()) return ReadTable(section, node == nullptr ? absent : *node, path, 0);
  if (node == nullptr) return absl::OkStatus();
  if (node->type != TomlNode::Type::kArray) {
    return places_.Error(
        path, fmt::format("must be tables, each as [[{}]], not {}", path, NameOf(node->type)));
  }
  for (std::size_t i = 0; i < node->children.size(); ++i) {
    const std::string element_path = fmt::format("{}[{}]", path, i);
    const TomlNode& table = node->children[i];
    places_.Set(element_path, table.line);
    section.append(config_);
    if (absl::Status status = ReadTable(section, table, element_path, i); !status.ok()) {
      return status;
    }
  }
  return absl::OkStatus();
}

absl::Status Loader::ReadTable(const Section& section, const TomlNode& table,
                               const std::string& path, std::size_t element) {
  if (table.type != TomlNode::Type::kTable) {
    return places_.Error(path, fmt::format("must be a table, not {}", NameOf(table.type)));
  }
  if (absl::Status status = CheckKeys(table, path, section.name); !status.ok()) return status;
  if (absl::Status status = CheckSecretKeys(section, table, path); !status.ok()) return status;
  const TomlNode defaults = DefaultsOf(section);
  for (const Option& option : section.options) {
    const std::string option_path = fmt::format("{}.{}", path, option.name);
    const TomlNode* given = table.Find(option.name);
    const TomlNode* node = given == nullptr ? defaults.Find(option.name) : given;
    if (node == nullptr) {
      if (option.presence == Presence::kOptional) continue;
      return places_.Error(option_path, fmt::format("is required: {}", option.help));
    }
    if (absl::Status status = ReadOption(option, *node, option_path, element); !status.ok()) {
      return status;
    }
  }
  return absl::OkStatus();
}

absl::Status Loader::CheckKeys(const TomlNode& table, const std::string& path,
                               std::string_view section) {
  const std::vector<std::string_view> allowed = AllowedKeys(section);
  for (const TomlNode& child : table.children) {
    const std::string child_path = path.empty() ? child.key : fmt::format("{}.{}", path, child.key);
    places_.Set(child_path, child.line);
    if (std::ranges::find(allowed, child.key) != allowed.end()) continue;
    return places_.Error(child_path,
                         fmt::format("is not a known key; allowed: {}", fmt::join(allowed, ", ")));
  }
  return absl::OkStatus();
}

absl::Status Loader::CheckSecretKeys(const Section& section, const TomlNode& table,
                                     const std::string& path) const {
  std::vector<std::string_view> keys;
  for (const Option& option : section.options) {
    if (IsSecret(option)) keys.push_back(option.name);
  }
  const auto given =
      std::ranges::count_if(keys, [&](std::string_view key) { return table.Find(key) != nullptr; });
  if (keys.empty() || given == 1 || (given == 0 && section.secret_optional)) {
    return absl::OkStatus();
  }
  return places_.Error(
      path, fmt::format("needs exactly one of {}, not {}", fmt::join(keys, ", "), given));
}

absl::Status Loader::ReadOption(const Option& option, const TomlNode& node, const std::string& path,
                                std::size_t element) {
  const bool one = !option.member.list || option.single;
  if (one && IsOfKind(node, option.member.kind)) return ReadScalar(option, node, path, element);
  if (option.member.list && node.type == TomlNode::Type::kArray) {
    return ReadList(option, node, path, element);
  }
  return places_.Error(path,
                       fmt::format("must be {}, not {}", TypeText(option), NameOf(node.type)));
}

absl::Status Loader::ReadList(const Option& option, const TomlNode& list, const std::string& path,
                              std::size_t element) {
  const auto entries = static_cast<std::int64_t>(list.children.size());
  if (entries < option.count.min || entries > option.count.max) {
    return places_.Error(path, fmt::format("has {} entries; allowed: {} to {}", entries,
                                           option.count.min, option.count.max));
  }
  for (std::size_t i = 0; i < list.children.size(); ++i) {
    const TomlNode& entry = list.children[i];
    const std::string entry_path = fmt::format("{}[{}]", path, i);
    if (places_.Has(path)) places_.Set(entry_path, entry.line);
    if (!IsOfKind(entry, option.member.kind)) {
      return places_.Error(
          path, fmt::format("must be {}, but has {} in it", TypeText(option), NameOf(entry.type)));
    }
    if (absl::Status status = ReadScalar(option, entry, entry_path, element); !status.ok()) {
      return status;
    }
  }
  return absl::OkStatus();
}

absl::Status Loader::ReadScalar(const Option& option, const TomlNode& node, const std::string& path,
                                std::size_t element) {
  absl::StatusOr<Scalar> scalar = node.scalar;
  if (option.secrecy == Secrecy::kSecretFile) scalar = ReadSecret(node.scalar);
  if (!scalar.ok()) return places_.Error(path, std::string(scalar.status().message()));
  if (absl::Status status = CheckScalar(option, *scalar); !status.ok()) {
    return places_.Error(path, std::string(status.message()));
  }
  option.member.add(config_, element, *scalar);
  if (IsSecret(option)) Cleanse(*scalar);
  return absl::OkStatus();
}

absl::StatusOr<Scalar> Loader::ReadSecret(const Scalar& file) const {
  auto secret = ReadSecretFile(directory_ / std::get<std::string>(file));
  if (!secret.ok()) return secret.status();
  return Scalar(*std::move(secret));
}

// What is in the files is part of the configuration: it is taken, or refused, with the rest.
absl::Status Loader::ReadTls(const std::string& section, TlsConfig& tls) const {
  struct File {
    const char* option;
    const std::string& name;
    std::string& content;
    bool secret = false;
  };
  for (const File& file : {File{"certificate", tls.certificate, tls.pem.certificate},
                           File{"key", tls.key, tls.pem.key, true},
                           File{"client_ca", tls.client_ca, tls.pem.client_ca}}) {
    if (file.name.empty()) continue;
    const std::filesystem::path path = directory_ / file.name;
    auto content = file.secret ? ReadSecretFile(path) : ReadFile(path, kFileBytesMax);
    if (!content.ok()) {
      return places_.Error(
          fmt::format("{}.{}", section, file.option),
          fmt::format("\"{}\" {}", file.name, std::string(content.status().message())));
    }
    file.content = *std::move(content);
  }
  return absl::OkStatus();
}

// Those that are opened later.
std::vector<std::string*> FilesOf(Config& config) {
  std::vector<std::string*> files{&config.storage.directory};
  for (ClientConfig& client : config.clients) files.push_back(&client.jwks_file);
  for (IssuerConfig& issuer : config.issuers) {
    files.push_back(&issuer.jwks_file);
    files.push_back(&issuer.ca_file);
  }
  return files;
}

}  // namespace

absl::StatusOr<Config> LoadFile(const std::string& path) {
  auto text = ReadFile(path, kFileBytesMax);
  if (!text.ok()) {
    return absl::InvalidArgumentError(
        fmt::format("{}: {}", path, std::string(text.status().message())));
  }
  const std::filesystem::path beside = std::filesystem::path(path).parent_path();
  auto config = ParseText(*text, path, beside);
  crypto::Cleanse(*text);
  if (!config.ok()) return config;
  for (std::string* file : FilesOf(*config)) {
    if (!file->empty()) *file = beside / *file;  // unless it is absolute
  }
  return config;
}

absl::StatusOr<Config> ParseText(std::string_view toml, const std::string& name,
                                 const std::filesystem::path& directory) {
  auto tree = ParseToml(toml, name);
  if (!tree.ok()) return tree.status();
  auto config = Loader(name, directory).Load(*tree);
  Cleanse(*tree);
  return config;
}

void CleanseSecrets(Config& config) {
  for (ClientConfig& client : config.clients) crypto::Cleanse(client.secret.plain);
  for (AdminTokenConfig& token : config.admin.tokens) crypto::Cleanse(token.secret.plain);
  for (TlsConfig* tls : {&config.server.tls, &config.admin.tls}) crypto::Cleanse(tls->pem.key);
}

Config WithoutSecrets(Config config) {
  CleanseSecrets(config);
  return config;
}

}  // namespace introspectd::config
