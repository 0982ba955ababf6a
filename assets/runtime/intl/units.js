// The units that ECMA-402 sanctions, and how English writes them: long, short and narrow, where # is
// the number and | divides one from many. ICU4X has no such data yet for most units, so every
// language gets the short form of English where it has none of its own.

const TABLE = `
acre=# acre|# acres;# ac;#ac
bit=# bit|# bits;# bit;#bit
byte=# byte|# bytes;# byte;#B
celsius=# degree Celsius|# degrees Celsius;#°C;#°C
centimeter=# centimeter|# centimeters;# cm;#cm
day=# day|# days;# day|# days;#d
degree=# degree|# degrees;# deg;#°
fahrenheit=# degree Fahrenheit|# degrees Fahrenheit;#°F;#°
fluid-ounce=# fluid ounce|# fluid ounces;# fl oz;#fl oz
foot=# foot|# feet;# ft;#′
gallon=# gallon|# gallons;# gal;#gal
gigabit=# gigabit|# gigabits;# Gb;#Gb
gigabyte=# gigabyte|# gigabytes;# GB;#GB
gram=# gram|# grams;# g;#g
hectare=# hectare|# hectares;# ha;#ha
hour=# hour|# hours;# hr;#h
inch=# inch|# inches;# in;#″
kilobit=# kilobit|# kilobits;# kb;#kb
kilobyte=# kilobyte|# kilobytes;# kB;#kB
kilogram=# kilogram|# kilograms;# kg;#kg
kilometer=# kilometer|# kilometers;# km;#km
liter=# liter|# liters;# L;#L
megabit=# megabit|# megabits;# Mb;#Mb
megabyte=# megabyte|# megabytes;# MB;#MB
meter=# meter|# meters;# m;#m
microsecond=# microsecond|# microseconds;# μs;#μs
mile=# mile|# miles;# mi;#mi
mile-scandinavian=# mile-scandinavian|# miles-scandinavian;# smi;#smi
milliliter=# milliliter|# milliliters;# mL;#mL
millimeter=# millimeter|# millimeters;# mm;#mm
millisecond=# millisecond|# milliseconds;# ms;#ms
minute=# minute|# minutes;# min;#m
month=# month|# months;# mth|# mths;#m
nanosecond=# nanosecond|# nanoseconds;# ns;#ns
ounce=# ounce|# ounces;# oz;#oz
percent=# percent;#%;#%
petabyte=# petabyte|# petabytes;# PB;#PB
pound=# pound|# pounds;# lb;##
second=# second|# seconds;# sec;#s
stone=# stone|# stones;# st;#st
terabit=# terabit|# terabits;# Tb;#Tb
terabyte=# terabyte|# terabytes;# TB;#TB
week=# week|# weeks;# wk|# wks;#w
yard=# yard|# yards;# yd;#yd
year=# year|# years;# yr|# yrs;#y
kilometer-per-hour=# kilometer per hour|# kilometers per hour;# km/h;#km/h
mile-per-hour=# mile per hour|# miles per hour;# mph;#mph
meter-per-second=# meter per second|# meters per second;# m/s;#m/s
liter-per-kilometer=# liter per kilometer|# liters per kilometer;# L/km;#L/km
mile-per-gallon=# mile per gallon|# miles per gallon;# mpg;#mpg`;

let table;

/** The rows by unit; read when first needed. */
function rows() {
  table ??= new Map(TABLE.trim().split("\n").map((row) => {
    const at = row.indexOf("=");
    return [row.slice(0, at), row.slice(at + 1).split(";")];
  }));
  return table;
}

const isSimple = (name) => !name.includes("-per-");

export const isUnit = (name) => isSimple(name) && rows().has(name);
export const allUnits = () => [...rows().keys()].filter(isSimple).sort();

/** [one, many] with {0} for the number. */
export function unitForms(unit, display) {
  const column = ["long", "short", "narrow"].indexOf(display);
  let form = rows().get(unit)?.[column];
  if (form === undefined) {
    const [over, under] = unit.split("-per-").map((name) => rows().get(name)[column]);
    const below = (form) => form.split("|")[0].replace("#", "").trim();
    const per = display === "long" ? ` per ${below(under)}` : `/${below(rows().get(unit.split("-per-")[1])[2])}`;
    form = over.split("|").map((one) => one + per).join("|");
  }
  const forms = form.split("|").map((one) => one.replace("#", "{0}"));
  return [forms[0], forms.at(-1)];
}
