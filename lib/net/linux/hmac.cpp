// HMAC by nettle, and the mode of a key file.
#include "net/hmac.h"

#include <fcntl.h>
#include <nettle/hmac.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "net/socket.h"
#include "system/hint.h"
#include "text/text.h"

namespace sockbox::net {
namespace {

const std::uint8_t* octets(std::span<const std::byte> bytes) {
    return static_cast<const std::uint8_t*>(static_cast<const void*>(bytes.data()));
}

struct Secret {
    std::string text;
    ~Secret() { ::explicit_bzero(text.data(), text.size()); }
};

Error about(const std::string& path, std::error_code code, std::string why = {},
            std::string advice = {}) {
    return {code, "read the key file", escape(path), std::move(why), std::move(advice)};
}

Status read_all(int file, std::string& into) {
    constexpr std::size_t too_long = 4 * max_key_bytes;
    into.reserve(too_long + 512);  // so that no copy of the key is left behind
    std::array<char, 512> some{};
    while (into.size() < too_long) {
        const ssize_t got = ::read(file, some.data(), some.size());
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fail_last("read");
        if (got == 0)
            break;
        into.append(some.data(), static_cast<std::size_t>(got));
    }
    ::explicit_bzero(some.data(), some.size());
    return {};
}

}  // namespace

struct HmacKey::State {
    hmac_sha256_ctx keyed{};

    State() = default;
    State(const State&) = delete;
    State& operator=(const State&) = delete;
    ~State() { ::explicit_bzero(&keyed, sizeof keyed); }
};

Result<HmacKey> HmacKey::create(std::span<const std::byte> key) {
    const auto state = std::make_shared<State>();
    ::hmac_sha256_set_key(&state->keyed, key.size(), octets(key));
    return HmacKey(state);
}

Result<HmacKey> HmacKey::read(const std::string& path) {
    const Socket file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
    if (!file.valid())
        return fail(about(path, platform::last_error()));
    struct stat found {};
    if (::fstat(file.native(), &found) != 0)
        return fail(about(path, platform::last_error()));
    if ((found.st_mode & S_IRWXO) != 0)
        return fail(about(path, {}, "others than its owner and group have access to it",
                          hint(Hint::open_key_file, {escape(path)})));
    Secret content;
    if (const auto done = read_all(file.native(), content.text); !done)
        return fail(about(path, done.error().code));
    auto key = parse_key(content.text);
    if (!key)
        return fail(about(path, {}, key.error().message()));
    auto made = create(*key);
    ::explicit_bzero(key->data(), key->size());
    return made;
}

// The context is copied, because a calculation changes it.
Digest HmacKey::digest(std::span<const std::byte> first,
                       std::span<const std::byte> second) const noexcept {
    hmac_sha256_ctx context = state_->keyed;
    ::hmac_sha256_update(&context, first.size(), octets(first));
    ::hmac_sha256_update(&context, second.size(), octets(second));
    std::array<std::uint8_t, digest_bytes> raw{};
    ::hmac_sha256_digest(&context, raw.size(), raw.data());
    ::explicit_bzero(&context, sizeof context);
    Digest digest{};
    std::memcpy(digest.data(), raw.data(), raw.size());
    return digest;
}

}  // namespace sockbox::net
