// Encodes international host names by libidn2, which is loaded when the first one is encoded.
#include "net/host_encoding.h"

#include <dlfcn.h>

#include "system/platform.h"
#include "text/text.h"

namespace sockbox::net {
namespace {

using LookupByUtf8 = int(const char* name, char** encoded, int flags);  // idn2_lookup_u8(3)
using Free = void(void* text);                                          // idn2_free(3)

struct Idn2 {
    LookupByUtf8* look_up = nullptr;
    Free* free = nullptr;
};

// Both are null if the library is not installed. It is never unloaded.
Idn2 load() {
    void* library = ::dlopen("libidn2.so.0", RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr)
        return {};
    return {reinterpret_cast<LookupByUtf8*>(::dlsym(library, "idn2_lookup_u8")),
            reinterpret_cast<Free*>(::dlsym(library, "idn2_free"))};
}

}  // namespace

Result<std::string> encode_host(const std::string& host) {
    constexpr int nontransitional = 8;  // IDN2_NONTRANSITIONAL, as glibc encodes
    static const Idn2 library = load();
    if (library.look_up == nullptr || library.free == nullptr)
        return fail({platform::error_of(std::errc::not_supported),
                     "encode",
                     escape(host),
                     "libidn2 is not installed",
                     {}});
    char* encoded = nullptr;
    if (library.look_up(host.c_str(), &encoded, nontransitional) != 0 || encoded == nullptr)
        return fail_text("not an international host name");
    std::string name(encoded);
    library.free(encoded);
    return name;
}

}  // namespace sockbox::net
