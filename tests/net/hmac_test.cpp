// Tests of lib/net/hmac.
#include "net/hmac.h"

#include <gmock/gmock.h>

#include <filesystem>

#include "tests/support.h"

namespace sockbox::net {
namespace {

namespace fs = std::filesystem;

std::span<const std::byte> bytes(std::string_view text) {
    return std::as_bytes(std::span(text));
}

std::string hex(const Digest& digest) {
    std::string text;
    for (const std::byte byte : digest)
        text += fmt::format("{:02x}", std::to_integer<unsigned>(byte));
    return text;
}

// RFC 4231, test cases 1 and 2, truncated.
TEST(Hmac, HasTheKnownDigests) {
    const auto eleven = HmacKey::create(bytes(std::string(20, '\x0b')));
    if (!eleven)
        GTEST_SKIP() << eleven.error().message();
    EXPECT_EQ(hex(eleven->digest(bytes("Hi There"))), "b0344c61d8db38535ca8afceaf0bf12b");
    EXPECT_EQ(hex(eleven->digest(bytes("Hi "), bytes("There"))),
              "b0344c61d8db38535ca8afceaf0bf12b");
    const auto jefe = HmacKey::create(bytes("Jefe"));
    EXPECT_EQ(hex(jefe->digest(bytes("what do ya want for nothing?"))),
              "5bdcc146bf60754e6a042426089575c7");
    const Digest right = jefe->digest(bytes("x"));
    EXPECT_TRUE(jefe->verifies(right, bytes("x")));
    EXPECT_FALSE(jefe->verifies(right, bytes("y")));
    EXPECT_FALSE(jefe->verifies(std::span(right).first(15), bytes("x")));
}

std::string key_in(std::string_view content) {
    const auto key = parse_key(content);
    if (!key)
        return "error";
    std::string text;
    for (const std::byte byte : *key)
        text += static_cast<char>(byte);
    return text;
}

TEST(KeyFile, IsTextOrHexDigits) {
    EXPECT_EQ(key_in("a key\n"), "a key");
    EXPECT_EQ(key_in("a key\r\n"), "a key");
    EXPECT_EQ(key_in(" a\nb \n"), " a\nb ");
    EXPECT_EQ(key_in("hex:4a656665\n"), "Jefe");
    EXPECT_EQ(key_in("hex:4A65F0"), "Je\xf0");
    for (const char* wrong : {"", "\n", "hex:", "hex:4", "hex:4g", "hex:4a 65", "hex:\x11\x11"})
        EXPECT_EQ(key_in(wrong), "error") << wrong;
    EXPECT_EQ(key_in(std::string(max_key_bytes, 'x')).size(), max_key_bytes);
    EXPECT_EQ(key_in(std::string(max_key_bytes + 1, 'x')), "error");
}

TEST(KeyFile, MustNotBeOpenToOthersAndIsNeverShown) {
    const test::TemporaryFile file("hex:5secretx\n");
    fs::permissions(file.path(), fs::perms::owner_read | fs::perms::owner_write);
    const auto wrong = HmacKey::read(file.path());
    ASSERT_FALSE(wrong);
    if (wrong.error().code == std::errc::not_supported)
        GTEST_SKIP() << wrong.error().message();
    EXPECT_THAT(wrong.error().message(), testing::HasSubstr(file.path()));
    EXPECT_THAT(wrong.error().message(), testing::Not(testing::HasSubstr("secret")));
    const test::TemporaryFile good("secret\n");
    fs::permissions(good.path(), fs::perms::owner_read | fs::perms::group_read);
    const auto key = HmacKey::read(good.path());
    ASSERT_TRUE(key) << key.error().message();
    EXPECT_EQ(key->digest({}), HmacKey::create(bytes("secret"))->digest({}));
    for (const auto mode : {fs::perms::others_read, fs::perms::others_write}) {
        fs::permissions(good.path(), fs::perms::owner_read | mode);
        const auto open = HmacKey::read(good.path());
        ASSERT_FALSE(open);
        EXPECT_EQ(open.error().hint, "chmod o= " + good.path());
    }
    EXPECT_EQ(HmacKey::read(good.path() + ".none").error().code,
              std::errc::no_such_file_or_directory);
    EXPECT_FALSE(HmacKey::read(fs::temp_directory_path().string()));
}

}  // namespace
}  // namespace sockbox::net
