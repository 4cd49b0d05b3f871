// Where a configuration value lives in Config, and how its type is written in TOML.
//
// Threads: immutable.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "config/listen.h"
#include "introspectd/config.h"

namespace introspectd::config {

// One TOML value: a whole one, or one entry of an array. `Kind` is the index of the alternative.
using Scalar = std::variant<bool, std::int64_t, std::string>;
enum class Kind : std::uint8_t { kBool, kInteger, kString };

template <class Enum>
struct Word {
  std::string_view text;
  Enum value;
};
template <class Enum>
Word(std::string_view, Enum) -> Word<Enum>;

// The words of each enumeration. A word may stand for several values, but only in a list.
template <class Enum>
inline constexpr int kWords = 0;
template <>
inline constexpr std::array kWords<AdminScope> = {
    Word{"upsert", AdminScope::kUpsert},   Word{"revoke", AdminScope::kRevoke},
    Word{"export", AdminScope::kExport},   Word{"sync", AdminScope::kSync},
    Word{"explain", AdminScope::kExplain}, Word{"status", AdminScope::kStatus},
    Word{"metrics", AdminScope::kMetrics}, Word{"push", AdminScope::kUpsert},
    Word{"push", AdminScope::kRevoke},
};
template <>
inline constexpr std::array kWords<UnknownToken> = {
    Word{"inactive", UnknownToken::kInactive},
    Word{"error", UnknownToken::kError},
};
template <>
inline constexpr std::array kWords<UnsupportedHint> = {
    Word{"reject", UnsupportedHint::kReject},
    Word{"reject_refresh", UnsupportedHint::kRejectRefresh},
    Word{"ignore", UnsupportedHint::kIgnore},
};
template <>
inline constexpr std::array kWords<StartMode> = {
    Word{"ready", StartMode::kReady},
    Word{"warm", StartMode::kWarm},
};
template <>
inline constexpr std::array kWords<AuthMethod> = {
    Word{"client_secret_basic", AuthMethod::kClientSecretBasic},
    Word{"client_secret_post", AuthMethod::kClientSecretPost},
    Word{"private_key_jwt", AuthMethod::kPrivateKeyJwt},
    Word{"tls_client_auth", AuthMethod::kTlsClientAuth},
    Word{"self_signed_tls_client_auth", AuthMethod::kSelfSignedTlsClientAuth},
    Word{"bearer", AuthMethod::kBearer},
};
template <>
inline constexpr std::array kWords<LogLevel> = {
    Word{"debug", LogLevel::kDebug},
    Word{"info", LogLevel::kInfo},
    Word{"warning", LogLevel::kWarning},
    Word{"error", LogLevel::kError},
};
template <>
inline constexpr std::array kWords<LogFormat> = {
    Word{"text", LogFormat::kText},
    Word{"json", LogFormat::kJson},
};

// One value of type T, from and to TOML. Read takes what the option's checks let through.
template <class T>
struct Codec {
  static_assert(std::is_enum_v<T>);
  static constexpr Kind kKind = Kind::kString;
  static constexpr auto kTexts = [] {
    std::array<std::string_view, kWords<T>.size()> texts;
    std::ranges::transform(kWords<T>, texts.begin(), &Word<T>::text);
    return texts;
  }();

  static Scalar Write(T value) {
    return std::string(std::ranges::find(kWords<T>, value, &Word<T>::value)->text);
  }
  static T Read(const Scalar& scalar) {
    return std::ranges::find(kWords<T>, std::get<std::string>(scalar), &Word<T>::text)->value;
  }
};

struct NoWords {
  static constexpr std::array<std::string_view, 0> kTexts{};
};

template <>
struct Codec<bool> : NoWords {
  static constexpr Kind kKind = Kind::kBool;
  static Scalar Write(bool value) { return value; }
  static bool Read(const Scalar& scalar) { return std::get<bool>(scalar); }
};

template <class Int>
requires(std::is_same_v<Int, std::uint32_t> || std::is_same_v<Int, std::int64_t>) struct Codec<Int>
    : NoWords {
  static constexpr Kind kKind = Kind::kInteger;
  static Scalar Write(Int value) { return std::int64_t{value}; }
  static Int Read(const Scalar& scalar) { return static_cast<Int>(std::get<std::int64_t>(scalar)); }
};

template <>
struct Codec<std::string> : NoWords {
  static constexpr Kind kKind = Kind::kString;
  static Scalar Write(const std::string& value) { return value; }
  static std::string Read(const Scalar& scalar) { return std::get<std::string>(scalar); }
};

template <>
struct Codec<ListenAddress> : NoWords {
  static constexpr Kind kKind = Kind::kString;
  static Scalar Write(const ListenAddress& value) { return value.text; }
  static ListenAddress Read(const Scalar& scalar) {
    return *ParseListenAddress(std::get<std::string>(scalar));
  }
};

// A member of type T: one value, or a list of them.
template <class T>
struct Shape {
  using Value = T;
  static constexpr bool kList = false;
  static std::vector<Scalar> Get(const T& member) { return {Codec<T>::Write(member)}; }
  static void Add(T& member, const Scalar& scalar) { member = Codec<T>::Read(scalar); }
};

template <class T>
struct Shape<std::vector<T>> {
  using Value = T;
  static constexpr bool kList = true;
  static std::vector<Scalar> Get(const std::vector<T>& member) {
    std::vector<Scalar> scalars(member.size());
    std::ranges::transform(member, scalars.begin(), Codec<T>::Write);
    return scalars;
  }
  static void Add(std::vector<T>& member, const Scalar& scalar) {
    if constexpr (std::is_enum_v<T>) {
      for (const auto& [text, value] : kWords<T>) {
        const bool said = std::ranges::find(member, value) != member.end();
        if (text == std::get<std::string>(scalar) && !said) member.push_back(value);
      }
    } else {
      member.push_back(Codec<T>::Read(scalar));
    }
  }
};

// Walks from `object` along pointers to members; a list on the way is entered at `element`.
template <auto First, auto... Rest>
auto& Follow(auto& object, std::size_t element) {
  auto& next = object.*First;
  if constexpr (sizeof...(Rest) == 0) {
    return next;
  } else if constexpr (requires { next[element]; }) {
    return Follow<Rest...>(next[element], element);
  } else {
    return Follow<Rest...>(next, element);
  }
}

// A place in Config, with its type erased. `element` says which element of a repeated section is
// meant; elsewhere it is 0.
struct Member {
  Kind kind;
  bool list;
  std::span<const std::string_view> words;  // none: not an enumeration
  std::vector<Scalar> (*get)(const Config& config, std::size_t element);
  // Sets the value, or appends to the list.
  void (*add)(Config& config, std::size_t element, const Scalar& checked);
};

template <auto... Path>
using MemberShape =
    Shape<std::remove_cvref_t<decltype(Follow<Path...>(std::declval<Config&>(), 0))>>;

// kMember<&Config::clients, &ClientConfig::id> is the id of the client `element`.
template <auto... Path>
inline constexpr Member kMember = {
    .kind = Codec<typename MemberShape<Path...>::Value>::kKind,
    .list = MemberShape<Path...>::kList,
    .words = Codec<typename MemberShape<Path...>::Value>::kTexts,
    .get =
        [](const Config& config, std::size_t element) {
          return MemberShape<Path...>::Get(Follow<Path...>(config, element));
        },
    .add =
        [](Config& config, std::size_t element, const Scalar& checked) {
          MemberShape<Path...>::Add(Follow<Path...>(config, element), checked);
        },
};

}  // namespace introspectd::config
