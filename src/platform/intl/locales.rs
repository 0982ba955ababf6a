//! Language tags: which there are, what they are properly called, what is likely meant.

use icu_locale::{LocaleCanonicalizer, LocaleExpander};

use super::{IntlError, locale};

/// The locales that the reference runtime knows by name: languages, each with the scripts and
/// regions that it tells apart.
const KNOWN: &str = concat!(
    "af:NA,ZA ak:GH am:ET ar:AE,BH,DJ,DZ,EG,EH,ER,IL,IQ,JO,KM,KW,LB,LY,MA,MR,OM,PS,QA,SA,SD,SO,SS,",
    "SY,TD,TN,YE,001 az:AZ,Cyrl,Cyrl-AZ bg:BG bn:BD,IN bs:BA,Cyrl,Cyrl-BA ca:AD,ES,FR,IT cs:CZ ",
    "da:DK,GL de:AT,BE,CH,DE,IT,LI,LU el:CY,GR en:AE,AG,AI,AS,AT,AU,BB,BE,BI,BM,BS,BW,BZ,CA,CC,CH,",
    "CK,CM,CX,CY,CZ,DE,DG,DK,DM,EE,ER,ES,FI,FJ,FK,FM,FR,GB,GD,GE,GG,GH,GI,GM,GS,GU,GY,HK,HU,ID,IE,",
    "IL,IM,IN,IO,IT,JE,JM,JP,KE,KI,KN,KY,LC,LR,LS,LT,LV,MG,MH,MO,MP,MS,MT,MU,MV,MW,MY,NA,NF,NG,NL,",
    "NO,NR,NU,NZ,PG,PH,PK,PL,PN,PR,PT,PW,RO,RW,SB,SC,SD,SE,SG,SH,SI,SK,SL,SS,SX,SZ,TC,TK,TO,TT,TV,",
    "TZ,UA,UG,UM,US,VC,VG,VI,VU,WS,ZA,ZM,ZW,001,150 es:AR,BO,BR,BZ,CL,CO,CR,CU,DO,EA,EC,ES,GQ,GT,",
    "HN,IC,MX,NI,PA,PE,PH,PR,PY,SV,US,UY,VE,419 et:EE fa:AF,IR fi:FI fil:PH fr:BE,BF,BI,BJ,BL,CA,",
    "CD,CF,CG,CH,CI,CM,DJ,DZ,FR,GA,GF,GN,GP,GQ,HT,KM,LU,MA,MC,MF,MG,ML,MQ,MR,MU,NC,NE,PF,PM,RE,RW,",
    "SC,SN,SY,TD,TG,TN,VU,WF,YT gu:IN he:IL hi:IN,Latn,Latn-IN hr:BA,HR hu:HU id:ID it:CH,IT,SM,VA ",
    "ja:JP kk:CN,Arab,Arab-CN kn:IN ko:CN,KP,KR kok:IN,Latn,Latn-IN lt:LT lv:LV ml:IN mr:IN ms:BN,",
    "ID,MY,SG nb nl:AW,BE,BQ,CW,NL,SR,SX no:NO pa:PK,Arab,Arab-PK pl:PL pt:AO,BR,CH,CV,GQ,GW,LU,MO,",
    "MZ,PT,ST,TL ro:MD,RO ru:BY,KG,KZ,MD,RU,UA sd:IN,Deva,Deva-IN sk:SK sl:SI sr:BA,ME,RS,XK,Latn,",
    "Latn-BA,Latn-ME,Latn-RS,Latn-XK,Cyrl,Cyrl-BA,Cyrl-ME,Cyrl-RS,Cyrl-XK sv:AX,FI,SE sw:CD,KE,TZ,",
    "UG ta:IN,LK,MY,SG te:IN th:TH tr:CY,TR uk:UA ur:IN,PK uz:AF,UZ,Cyrl,Cyrl-UZ,Arab,Arab-AF ",
    "vi:VN zh:CN,HK,MO,MY,SG,TW,Hans,Hans-CN,Hans-HK,Hans-MO,Hans-MY,Hans-SG,Hant,Hant-HK,Hant-MO,",
    "Hant-MY,Hant-TW",
);

/// The tag in its canonical form.
pub fn canonical(tag: &str) -> Result<String, IntlError> {
    let mut locale = locale(tag)?;
    LocaleCanonicalizer::new_extended().canonicalize(&mut locale);
    Ok(locale.to_string())
}

/// The known locale that comes closest to a canonical tag without extensions, dropping subtags from
/// the end; none when its language is not known.
pub fn known(tag: &str) -> Option<&str> {
    let language = tag.split('-').next()?;
    let rest = KNOWN.split(' ').find_map(|entry| {
        let (name, rest) = entry.split_once(':').unwrap_or((entry, ""));
        (name == language).then_some(rest)
    })?;
    let mut end = tag.len();
    while end > language.len() {
        let under = &tag[language.len() + 1..end];
        if rest.split(',').any(|one| one == under) {
            return Some(&tag[..end]);
        }
        end = tag[..end].rfind('-')?;
    }
    Some(language)
}

/// The tag with its likely subtags added (`fuller`) or taken away.
pub fn likely(tag: &str, fuller: bool) -> Result<String, IntlError> {
    let mut locale = locale(tag)?;
    let expander = LocaleExpander::new_extended();
    if fuller {
        expander.maximize(&mut locale.id);
    } else {
        expander.minimize(&mut locale.id);
    }
    Ok(locale.to_string())
}
