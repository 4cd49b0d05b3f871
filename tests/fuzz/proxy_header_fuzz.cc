// Whatever a balancer sends: the verdict is the same however the bytes come, and a header ends
// where it ends, whatever is behind it.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "net/proxy_header.h"

namespace introspectd::net {
namespace {

using Step = ProxyHeader::Step;

void CheckHeader(std::string_view bytes) {
  const ProxyHeader whole = ReadProxyHeader(bytes);
  CHECK(whole.step == Step::kDone || (whole.size == 0 && !whole.source));
  CHECK(whole.size <= bytes.size() && whole.size <= kProxyHeaderBytesMax);
  CHECK(whole.step != Step::kNeedMore || bytes.size() < kProxyHeaderBytesMax);
  ProxyHeader first;
  std::size_t size = 0;
  while (first.step == Step::kNeedMore && size <= bytes.size()) {
    first = ReadProxyHeader(bytes.substr(0, size++));
  }
  CHECK(first.step == whole.step && first.size == whole.size && first.source == whole.source);
  CHECK(first.step != Step::kDone || first.size == size - 1);
}

}  // namespace
}  // namespace introspectd::net

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  introspectd::net::CheckHeader({reinterpret_cast<const char*>(data), size});
  return 0;
}
