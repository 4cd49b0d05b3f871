#include "api/form.h"

#include <gtest/gtest.h>

#include <string>

namespace introspectd::api {
namespace {

using std::string_literals::operator""s;

constexpr std::size_t kParametersMax = 8;

Form::Error ErrorOf(const std::string& body) {
  Form form;
  return form.Parse(body, kParametersMax);
}

class FormTest : public testing::Test {
 protected:
  // The token of a body that must be good.
  std::string Token(const std::string& body) {
    body_ = body;
    EXPECT_EQ(form_.Parse(body_, kParametersMax), Form::Error::kNone) << body;
    return std::string(form_.token());
  }

  std::string body_;
  Form form_;
};

TEST_F(FormTest, FindsItsParametersInAnyOrder) {
  EXPECT_EQ(Token("scope=a+b&client_secret=s&token=t&token_type_hint=access_token&client_id=c"),
            "t");
  EXPECT_EQ(form_.scope(), "a b");
  EXPECT_EQ(form_.token_type_hint(), "access_token");
  EXPECT_EQ(form_.credentials().client_id, "c");
  EXPECT_EQ(form_.credentials().client_secret, "s");
}

TEST_F(FormTest, FindsAnAssertion) {
  Token("client_assertion_type=urn%3Ax&client_assertion=a.b.c&token=t");
  EXPECT_EQ(form_.credentials().client_assertion, "a.b.c");
  EXPECT_EQ(form_.credentials().client_assertion_type, "urn:x");
  EXPECT_FALSE(form_.credentials().empty());
  Token("client_assertion_type=&client_assertion=&token=t");
  EXPECT_TRUE(form_.credentials().empty()) << "an empty value counts as absent";
}

TEST_F(FormTest, ForgetsTheFormBefore) {
  Token(
      "token=a&scope=b&token_type_hint=c&client_id=d&client_secret=e&client_assertion=f"
      "&client_assertion_type=g");
  EXPECT_EQ(Token(""), "");
  EXPECT_EQ(form_.scope(), "");
  EXPECT_EQ(form_.token_type_hint(), "");
  EXPECT_TRUE(form_.credentials().empty());
}

// RFC 6749 appendix B: its own example of names and values.
TEST_F(FormTest, DecodesPlusAndPercent) {
  EXPECT_EQ(Token("token=+%25%26%2B%C2%A3%E2%82%AC"), " %&+\xc2\xa3\xe2\x82\xac");
  EXPECT_EQ(Token("token=%41%4a%4A%7e"), "AJJ~");
  EXPECT_EQ(Token("token=a%00b"), "a\0b"s);
  EXPECT_EQ(Token("token=a%0d%0ab"), "a\r\nb");
  EXPECT_EQ(Token("token=%C0%80"), "\xc0\x80");
  EXPECT_EQ(Token("token=%252B"), "%2B");  // once, not twice
}

TEST_F(FormTest, NamesAreDecodedToo) {
  EXPECT_EQ(Token("%74oken=t"), "t");
  EXPECT_EQ(Token("to%6ben=t&client%5Fid=c"), "t");
  EXPECT_EQ(form_.credentials().client_id, "c");
  EXPECT_EQ(Token("token+=t"), "");
  EXPECT_EQ(Token("TOKEN=t"), "");
}

TEST_F(FormTest, TheFirstEqualsSignSeparates) {
  EXPECT_EQ(Token("token=a=b=="), "a=b==");
  EXPECT_EQ(Token("token"), "");
  EXPECT_EQ(Token("token="), "");
  EXPECT_EQ(Token("=t"), "");
}

TEST_F(FormTest, OnlyAmpersandsSeparateParameters) {
  EXPECT_EQ(Token("token=a;scope=b"), "a;scope=b");
  EXPECT_EQ(Token("token=a\r\n"), "a\r\n");
  EXPECT_EQ(Token("&&token=a&&"), "a");
  EXPECT_EQ(Token("x=%26token=a"), "");
  EXPECT_EQ(Token(std::string(10'000, '&') + "token=a"), "a");
}

TEST_F(FormTest, WhatIsUnknownIsIgnored) { EXPECT_EQ(Token("a=b&token=t&c=d&e"), "t"); }

// RFC 6749 3.2: a parameter without a value is as good as none.
TEST_F(FormTest, AnEmptyCredentialIsAbsent) {
  Token("token=t&client_id=&client_secret=");
  EXPECT_FALSE(form_.credentials().client_id || form_.credentials().client_secret);
}

TEST_F(FormTest, NoParameterStandsTwice) {
  for (const char* body : {"token=a&token=a", "token=a&token=b", "token=&token=a", "token&token=a",
                           "token=a&%74oken=b", "a=1&token=t&a=2", "=a&=b", "a+b=1&a%20b=2"}) {
    EXPECT_EQ(ErrorOf(body), Form::Error::kTwice) << body;
  }
  EXPECT_EQ(ErrorOf("token=a&Token=b"), Form::Error::kNone);
}

TEST_F(FormTest, EscapesAreTwoHexadecimalDigits) {
  for (const char* body :
       {"token=%", "token=a%2", "token=%G1", "token=%1G", "token=% 1", "token=%%41", "%=a",
        "x%2=a&token=t", "token=t&x=%", "token=%u0041", "token=%-1"}) {
    EXPECT_EQ(ErrorOf(body), Form::Error::kBrokenEscape) << body;
  }
}

TEST_F(FormTest, ParametersAreCounted) {
  EXPECT_EQ(ErrorOf("a&b&c&d&e&f&g&h"), Form::Error::kNone);
  EXPECT_EQ(ErrorOf("a&b&c&d&e&f&g&h&i"), Form::Error::kTooMany);
  EXPECT_EQ(ErrorOf("a&&b&&c&&d&&e&&f&&g&&h&&"), Form::Error::kNone);
}

// Everything that was decoded stays where it is, however much there is of it.
TEST_F(FormTest, WhatWasDecodedIsNotMoved) {
  const std::string a(5000, 'a');
  const std::string b(5000, 'b');
  EXPECT_EQ(Token("token=%41" + a + "&scope=%42" + b + "&client_id=" + b + "%43&x=%44" + a),
            "A" + a);
  EXPECT_EQ(form_.scope(), "B" + b);
  EXPECT_EQ(form_.credentials().client_id, b + "C");
}

}  // namespace
}  // namespace introspectd::api
