// SPDX-License-Identifier: Apache-2.0
#include "application/forms.h"

#include <gmock/gmock.h>

#include <fstream>
#include <set>

namespace kvc::application {
namespace {

const std::string kHead = std::string(kHeader) + "\n";
constexpr const char* kGood = "38,Nordrhein,antrag.pdf,https://kv.example/antrag.pdf?v=1&x=%20\n";

std::pair<std::size_t, std::string> fault(std::string_view csv) {
  const auto parsed = parse_forms(csv);
  const auto* const found = std::get_if<Fault>(&parsed);
  return found == nullptr ? std::pair<std::size_t, std::string>{0, "good"} : std::pair(found->line, found->reason);
}

TEST(BuiltInForms, AreTheEighteenDocumentsOfTheHelpPage) {
  const auto& forms = built_in_forms();
  ASSERT_EQ(forms.size(), 18U);
  std::set<std::string> files;
  for (const Form& form : forms) {
    files.insert(form.file);
    EXPECT_NE(form.url.find("/" + form.file + "?"), std::string::npos) << form.file;
    EXPECT_FALSE(kv_name(form.kv_code).empty()) << form.kv;
  }
  EXPECT_EQ(files.size(), 18U);
  EXPECT_TRUE(files.contains("KV_Westfalen_Lippe.pdf"));
  EXPECT_TRUE(files.contains("KV_Baden_Wuerttemberg.pdf"));
  EXPECT_EQ(std::count_if(forms.begin(), forms.end(), [](const Form& form) { return form.kv_code == "72"; }), 2);
}

TEST(Regions, EveryKvHasAFormButSchleswigHolstein) {
  ASSERT_EQ(regions().size(), 17U);
  EXPECT_EQ(regions().front().name, "Baden-Württemberg");
  EXPECT_EQ(regions()[14].name, "Schleswig-Holstein");
  EXPECT_EQ(regions()[15].name, "Thüringen");
  for (const Region& region : regions()) {
    const auto& forms = built_in_forms();
    const bool has = std::any_of(forms.begin(), forms.end(), [&](const Form& f) { return f.kv_code == region.code; });
    EXPECT_EQ(has, region.code != "01") << region.name;
  }
  EXPECT_EQ(kv_name("74"), "KBV");
  EXPECT_EQ(kv_name("00"), "");
  EXPECT_EQ(kv_name(""), "");
}

TEST(Forms, ReadsAListOfAnIntegrator) {
  const auto parsed = parse_forms(kHead + kGood + "\n72,\"Berlin (einzel, Anlage)\",a.pdf,https://kv.example\n");
  const auto* const forms = std::get_if<std::vector<Form>>(&parsed);
  ASSERT_NE(forms, nullptr);
  ASSERT_EQ(forms->size(), 2U);
  EXPECT_EQ((*forms)[1].kv, "Berlin (einzel, Anlage)");
  EXPECT_EQ((*forms)[0].url, "https://kv.example/antrag.pdf?v=1&x=%20");
}

TEST(Forms, SayWhichLineIsWrongAndWhy) {
  const auto at_three = [](const std::string& line) { return fault(kHead + kGood + line + "\n" + kGood); };
  const auto wrong = [](const char* reason) { return std::pair<std::size_t, std::string>{3, reason}; };
  EXPECT_EQ(at_three("72,Berlin (einzel, Anlage),a.pdf,https://kv.example"), wrong("columns"));
  EXPECT_EQ(at_three("72,Berlin,a.pdf"), wrong("columns"));
  EXPECT_EQ(at_three("99,Atlantis,a.pdf,https://kv.example"), wrong("kv_code"));
  EXPECT_EQ(at_three("1,Schleswig-Holstein,a.pdf,https://kv.example"), wrong("kv_code"));
  EXPECT_EQ(at_three("72,,a.pdf,https://kv.example"), wrong("kv"));
  EXPECT_EQ(at_three("72," + std::string(201, 'x') + ",a.pdf,https://kv.example"), wrong("kv"));
  EXPECT_EQ(at_three("72,\"Ber\nlin\",a.pdf,https://kv.example"), wrong("kv"));
  EXPECT_EQ(at_three("72,Berlin,,https://kv.example"), wrong("file"));
  EXPECT_EQ(at_three("72,\"Berlin,a.pdf,https://kv.example"), wrong("quotes"));
  EXPECT_EQ(at_three("72,Berlin\x01,a.pdf,https://kv.example"), wrong("text"));
  for (const char* url : {"http://kv.example", "javascript:alert(1)", "file:///etc/passwd", "https://", "https:///x",
                          "https://user:pw@kv.example/", "https://kv.example/a b", "https://kv.example/\xC3\xA4",
                          "https://kv.example/<x>", "HTTPS://kv.example", ""}) {
    EXPECT_EQ(at_three(std::string("72,Berlin,a.pdf,") + url), wrong("url")) << url;
  }
  EXPECT_EQ(at_three("72,Berlin,a.pdf,https://kv.example/" + std::string(2000, 'x')), wrong("url"));
}

TEST(Forms, AFileThatIsNoListIsRefusedAsAWhole) {
  EXPECT_EQ(fault(""), (std::pair<std::size_t, std::string>{0, "empty"}));
  EXPECT_EQ(fault(kHead), (std::pair<std::size_t, std::string>{0, "empty"}));
  EXPECT_EQ(fault("\n\nkv,url\n"), (std::pair<std::size_t, std::string>{3, "header"}));
  EXPECT_EQ(fault(kGood), (std::pair<std::size_t, std::string>{1, "header"}));
  EXPECT_EQ(fault(std::string((1U << 20U) + 1, 'x')), (std::pair<std::size_t, std::string>{0, "too_large"}));
  EXPECT_EQ(fault("%PDF-1.7\n%\xE2\xE3\xCF\xD3\n"), (std::pair<std::size_t, std::string>{2, "text"}));
}

TEST(Forms, EveryReasonIsOneOfTheList) {
  for (const char* reason :
       {"too_large", "empty", "header", "columns", "quotes", "text", "kv_code", "kv", "file", "url"}) {
    EXPECT_NE(std::find(std::begin(kFaultReasons), std::end(kFaultReasons), reason), std::end(kFaultReasons));
  }
}

class FormsFile : public testing::Test {
 protected:
  std::filesystem::path write(const std::string& text) const {
    std::ofstream(file_, std::ios::binary) << text;
    return file_;
  }
  void TearDown() override { std::filesystem::remove(file_); }
  const std::filesystem::path file_ =
      std::filesystem::path(testing::TempDir()) /
      (std::string("kvc_forms_") + testing::UnitTest::GetInstance()->current_test_info()->name() + ".csv");
};

TEST_F(FormsFile, IsRead) {
  const auto forms = read_forms(write(kHead + kGood));
  ASSERT_TRUE(forms.ok()) << forms.status().to_string();
  EXPECT_EQ(forms.value().size(), 1U);
}

TEST_F(FormsFile, ABrokenOneNamesKeyAndLine) {
  const Status status = read_forms(write(kHead + "38,Nordrhein,a.pdf\n")).status();
  ASSERT_TRUE(status.is(error::invalid_settings)) << status.to_string();
  EXPECT_THAT(status.params(),
              testing::Contains(std::pair<std::string, std::string>("key_path", "application_forms_file")));
  EXPECT_THAT(status.params(), testing::Contains(std::pair<std::string, std::string>("line", "2")));
  EXPECT_THAT(status.params(), testing::Contains(std::pair<std::string, std::string>("reason", "columns")));
}

TEST_F(FormsFile, AHugeOrMissingOneIsSaid) {
  EXPECT_TRUE(read_forms(write(kHead + std::string(3U << 20U, 'x'))).status().is(error::invalid_settings));
  EXPECT_TRUE(read_forms(file_.string() + ".none").status().is(error::file_unreadable));
  EXPECT_TRUE(read_forms(std::filesystem::temp_directory_path()).status().is(error::file_unreadable));
}

}  // namespace
}  // namespace kvc::application
